namespace PSIpc.Tests;

/// <summary>A cluster of three servers, one of which is killed: what needs two of them goes on.</summary>
[Trait("Tier", "Long")]
public sealed class ServerClusterTests(BrokerCluster cluster) : IClassFixture<BrokerCluster>
{
    private readonly string _name = "c-" + Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public void A_pool_goes_on_when_a_node_is_killed()
    {
        const int Items = 200;
        string connect = $"$server = Connect-IpcServer {cluster.Uris} -Name work; ";
        ScriptProcess[] workers = [.. Enumerable.Range(1, 2).Select(_ => new ScriptProcess(connect + $"Start-ProcessPoolWorker work {_name} -Count 1"))];
        try
        {
            using var caller = new ScriptProcess(connect + $$"""
                $pool = New-ProcessPool {{_name}} -Server work -WorkerCount 2
                'begin'
                1..{{Items}} | Invoke-ProcessPool { [Threading.Thread]::Sleep(100); $_ } -Pool $pool
                'end'
                """);
            caller.Until("begin");
            var results = Enumerable.Range(0, Items / 4).Select(_ => caller.Next()).ToList();
            cluster.Nodes[0].Kill();
            results.AddRange(Enumerable.Range(0, Items / 4).Select(_ => caller.Next()));
            cluster.Nodes[0].Start();
            cluster.Nodes[1].Kill();
            results.AddRange(caller.Until("end"));
            Assert.Equal(Enumerable.Range(1, Items).Select(i => $"{i}"), results);
            cluster.Nodes[1].Start();
        }
        finally
        {
            Array.ForEach(workers, w => w.Dispose());
        }
    }

    [Fact]
    public void Messages_pass_once_when_nodes_are_killed_even_the_moment_after_their_queue_was_made()
    {
        const int Messages = 5_000;
        string connect = $"$server = Connect-IpcServer {cluster.Uris} -Name work; ";
        using var sender = new ScriptProcess(connect + $"$q = New-IpcQueue {_name} -Server work; 'made'; 1..{Messages} | Send-IpcMessage $q; 'sent'");
        sender.Until("made");
        cluster.Nodes[2].Kill();
        cluster.Nodes[2].Start();
        using var receiver = new ScriptProcess(connect + $"$q = Get-IpcQueue {_name} -Server work; Receive-IpcMessage $q -Count {Messages}; 'received'; Remove-IpcQueue $q; 'removed'");
        var results = Enumerable.Range(0, Messages / 4).Select(_ => receiver.Next()).ToList();
        cluster.Nodes[1].Kill();
        results.AddRange(receiver.Until("received"));
        cluster.Nodes[1].Start();
        sender.Until("sent");
        receiver.Until("removed");

        // In their order too, but for those that were under way to the receiver when its connection was lost: they come again, behind those that it got at once.
        Assert.Equal(Enumerable.Range(1, Messages), results.Select(int.Parse).Order());
    }
}
