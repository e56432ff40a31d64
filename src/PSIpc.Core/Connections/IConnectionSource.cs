namespace PSIpc.Core.Connections;

/// <summary>What a listener takes connections from.</summary>
internal interface IConnectionSource : IDisposable
{
    /// <summary>Where it is.</summary>
    PeerAddress Address { get; }

    /// <summary>Takes the next connection.</summary>
    Task<MessageLink> AcceptAsync(CancellationToken cancellation);
}
