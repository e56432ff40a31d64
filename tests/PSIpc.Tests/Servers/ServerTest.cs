using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Tests that share a server come one after the other. Those that kill it, and those of pools, which take long, have one of their own.</summary>
[CollectionDefinition(Channels)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "What xUnit calls it.")]
public sealed class ServerCollection : ICollectionFixture<RabbitBroker>
{
    public const string Channels = "A server of queues and topics";
    public const string Killed = "A server that is killed";
    public const string Pools = "A server of pools";
}

/// <summary>See <see cref="ServerCollection"/>.</summary>
[CollectionDefinition(ServerCollection.Killed)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "What xUnit calls it.")]
public sealed class KilledServerCollection : ICollectionFixture<RabbitBroker>;

/// <summary>See <see cref="ServerCollection"/>.</summary>
[CollectionDefinition(ServerCollection.Pools)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "What xUnit calls it.")]
public sealed class PoolServerCollection : ICollectionFixture<RabbitBroker>;

/// <summary>A session that is connected to the server of the tests, as <c>$server</c>.</summary>
public abstract class ServerTest : IDisposable
{
    protected static readonly TimeSpan LongTime = TimeSpan.FromSeconds(60);

    protected ServerTest(RabbitBroker broker)
    {
        Broker = broker;
        ServerName = "test-" + Guid.NewGuid().ToString("N")[..8];
        Name = "q-" + Guid.NewGuid().ToString("N")[..12];
        string uri = broker.FullUri;
        Session = new PowerShellSession();
        Session.RunCleanly("$server = Connect-IpcServer $uri -Name $serverName", ("uri", uri), ("serverName", ServerName));
    }

    internal PowerShellSession Session { get; }

    protected RabbitBroker Broker { get; }

    protected string ServerName { get; }

    /// <summary>A name that nothing else has.</summary>
    protected string Name { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Session.Run($"Get-IpcProcess | Remove-IpcProcess -Force; Remove-IpcQueue {Name} -Server $server -ErrorAction Ignore; Remove-IpcTopic {Name} -Server $server -ErrorAction Ignore; Disconnect-IpcServer $server");
        Session.Dispose();
    }

    /// <summary>The one error of a script, whose id and category are to be these.</summary>
    private protected ErrorRecord Fails(string script, string id, ErrorCategory category)
    {
        ErrorRecord error = Session.RunForError(script);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        return error;
    }
}
