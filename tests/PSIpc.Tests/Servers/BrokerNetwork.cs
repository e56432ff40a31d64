using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>Where a server runs: its address, and the network namespace in which its programs are started.</summary>
/// <param name="Address">The IPv4 address at which it listens.</param>
/// <param name="Namespace">The namespace, as iproute2 names it; null for this machine's own.</param>
internal sealed record BrokerNetwork(string Address, string? Namespace = null)
{
    public static BrokerNetwork Loopback { get; } = new("127.0.0.1");

    /// <summary>How a program is started there.</summary>
    public ProcessStartInfo Start(string program, params string[] arguments) =>
        Namespace is null ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("ip", ["netns", "exec", Namespace, program, .. arguments]);
}
