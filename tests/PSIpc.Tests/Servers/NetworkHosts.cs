using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>
/// Hosts of a network that nobody else is in: a network namespace for each, and one more with the switch that connects them and with what serves them all (iproute2).
/// What is cut off gets no packet through and no word that it is: neither end's connections are closed.
/// </summary>
internal sealed class NetworkHosts : IDisposable
{
    private const string HubAddress = "10.77.0.1";
    private readonly string _id = "psipc-" + Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _namespaces = [];

    private NetworkHosts(int count)
    {
        try
        {
            Add(Hub.Namespace!);
            Run("-n", Hub.Namespace!, "link", "add", "switch", "type", "bridge");
            Run("-n", Hub.Namespace!, "address", "add", HubAddress + "/24", "dev", "switch");
            Run("-n", Hub.Namespace!, "link", "set", "switch", "up");
            for (int host = 1; host <= count; host++)
            {
                string name = NameOf(host);
                Add(name);
                Run("link", "add", PortOf(host), "netns", Hub.Namespace!, "type", "veth", "peer", "name", "eth0", "netns", name);
                Run("-n", Hub.Namespace!, "link", "set", PortOf(host), "master", "switch", "up");
                Run("-n", name, "address", "add", $"10.77.0.{host + 1}/24", "dev", "eth0");
                Run("-n", name, "link", "set", "eth0", "up");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the server is, whose address the hosts know.</summary>
    public BrokerNetwork Hub => new(HubAddress, _id + "-hub");

    /// <summary>Makes a network; a test without the right to is skipped.</summary>
    public static NetworkHosts Make(int count)
    {
        try
        {
            return new NetworkHosts(count);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"no network namespaces on this machine: {e.Message}");
            throw;
        }
    }

    /// <summary>How a program is started on a host, counted from 1.</summary>
    public ProcessStartInfo Start(int host, string program, params string[] arguments) => new BrokerNetwork("", NameOf(host)).Start(program, arguments);

    /// <summary>Pulls the cable of a host.</summary>
    public void CutOff(int host) => Run("-n", Hub.Namespace!, "link", "set", PortOf(host), "down");

    /// <summary>Puts it back.</summary>
    public void Reconnect(int host) => Run("-n", Hub.Namespace!, "link", "set", PortOf(host), "up");

    public void Dispose()
    {
        foreach (string name in _namespaces)
        {
            Run("netns", "delete", name);
        }

        _namespaces.Clear();
    }

    private static string PortOf(int host) => $"port{host}";

    private static void Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {said.Trim()}");
        }
    }

    private string NameOf(int host) => $"{_id}-{host}";

    private void Add(string name)
    {
        Run("netns", "add", name);
        _namespaces.Add(name);
        Run("-n", name, "link", "set", "lo", "up");
    }
}
