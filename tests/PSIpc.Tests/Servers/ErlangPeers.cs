using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>What the nodes of one cluster share: the daemon by which they find each other, and the secret by which they let each other in.</summary>
internal sealed class ErlangPeers : IDisposable
{
    private readonly TemporaryFolder _home = new();
    private readonly int _port = FreePorts.Find(1)[0];
    private readonly Process _daemon;

    public ErlangPeers(BrokerNetwork network)
    {
        ProcessStartInfo start = network.Start("epmd", "-port", $"{_port}", "-address", "127.0.0.1");
        SetEnvironment(start);
        _daemon = Process.Start(start)!;
    }

    public void SetEnvironment(ProcessStartInfo start)
    {
        start.Environment["HOME"] = _home.Path;
        start.Environment["ERL_EPMD_PORT"] = $"{_port}";
        start.Environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
    }

    public void Dispose()
    {
        _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        _home.Dispose();
    }
}
