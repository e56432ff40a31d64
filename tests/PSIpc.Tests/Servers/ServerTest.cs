using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>All tests of servers use one, and come one after the other: some of them kill it.</summary>
[CollectionDefinition(nameof(RabbitBroker))]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "What xUnit calls it.")]
public sealed class RabbitCollection : ICollectionFixture<RabbitBroker>;

/// <summary>A session that is connected to the server of the tests, as <c>$server</c>.</summary>
[Collection(nameof(RabbitBroker))]
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
