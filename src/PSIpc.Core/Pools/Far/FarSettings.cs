using PSIpc.Core.Segments;

namespace PSIpc.Core.Pools.Far;

/// <summary>What both ends of a pool over several machines agree on, and how patient they are.</summary>
internal sealed record FarSettings
{
    /// <summary>The pool's name: the mailbox of its free workers is made of it.</summary>
    public required string Pool { get; init; }

    /// <summary>The key that both ends sign with; null for none.</summary>
    public byte[]? Key { get; init; }

    /// <summary>How often an end that has nothing to say says that it is there.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an end may be silent before it is taken to be gone; longer than a server takes to start again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long a worker that is said to be free may take to answer.</summary>
    public TimeSpan WelcomeTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long no worker may be said to be free before one that is says so again.</summary>
    public TimeSpan OfferInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The folder of this end's own shared objects; null for the usual one.</summary>
    public IpcDirectory? Directory { get; init; }

    /// <summary>The mailbox in which workers say that they are free.</summary>
    public string TokenMailbox => $"psipc.pool.{Pool}";
}
