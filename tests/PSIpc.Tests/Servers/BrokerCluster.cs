namespace PSIpc.Tests;

/// <summary>A cluster of three servers on this machine's loopback; it is started when the first test asks for it.</summary>
public sealed class BrokerCluster : IDisposable
{
    private readonly Lazy<(ErlangPeers Erlang, BrokerProcess[] Nodes)> _started = new(Start);

    /// <summary>The addresses of all, with user and password, as the arguments of Connect-IpcServer.</summary>
    public string Uris => string.Join(", ", Nodes.Select(n => $"'{n.FullUri}'"));

    internal BrokerProcess[] Nodes
    {
        get
        {
            Assert.SkipUnless(BrokerProcess.IsInstalled, "rabbitmq-server is not on this machine");
            return _started.Value.Nodes;
        }
    }

    public void Dispose()
    {
        if (_started.IsValueCreated)
        {
            Array.ForEach(_started.Value.Nodes, n => n.Dispose());
            _started.Value.Erlang.Dispose();
        }
    }

    /// <summary>One after the other: each joins those that there are.</summary>
    private static (ErlangPeers, BrokerProcess[]) Start()
    {
        var erlang = new ErlangPeers(BrokerNetwork.Loopback);
        var nodes = new List<BrokerProcess>();
        for (int i = 0; i < 3; i++)
        {
            nodes.Add(new BrokerProcess(erlang: erlang) { Peers = [.. nodes.Select(n => n.NodeName)] });
            nodes[i].Start();
        }

        return (erlang, [.. nodes]);
    }
}
