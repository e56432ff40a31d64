namespace PSIpc.Core.Pools;

/// <summary>How the items of a call are run.</summary>
internal sealed record CallOptions
{
    /// <summary>The most items that are read and whose results are not taken, where the input waits for room.</summary>
    public const int DefaultWindow = 8192;

    /// <summary>The most bytes of such items.</summary>
    public const long WindowBytes = 64L << 20;

    /// <summary>The text of the script, by which people recognize the call.</summary>
    public string Script { get; init; } = "";

    /// <summary>The most workers at a time; 0 for all.</summary>
    public int ThrottleLimit { get; init; }

    /// <summary>Items that are given together; 0 for as many as the time that they take says.</summary>
    public int ChunkSize { get; init; }

    /// <summary>Whether results come in the order of the items.</summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>How often an item is given to another worker when its worker died of it or in the middle of it, or its time was over.</summary>
    public int RetryCount { get; init; }

    /// <summary>The longest time that an item may run, in ticks of Stopwatch; 0 for no limit.</summary>
    public long TaskTimeoutTicks { get; init; }

    /// <summary>Whether each worker has something to run after its last item.</summary>
    public bool HasEnd { get; init; }

    /// <summary>How long an item that is stopped may take to end before its worker is killed.</summary>
    public TimeSpan StopGracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether workers are told at once when the call is over, since they should let go of what it was run with.</summary>
    public bool IsForgottenAtOnce { get; init; }

    /// <summary>Whether results are kept however many come: nobody is there to take them yet.</summary>
    public bool IsUnlimited { get; init; }

    /// <summary>Whether the pool keeps what its workers did for it, and when.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Whether a secret is in what the workers are told of the call.</summary>
    public bool HoldsSecrets { get; init; }

    /// <summary>The key of what workers define before the call; no bits for nothing.</summary>
    public Guid DefinitionsKey { get; init; }

    /// <summary>What workers define before the call, once each.</summary>
    public ReadOnlyMemory<byte> Definitions { get; init; }

    /// <summary>Items that may be on the way at a time.</summary>
    public int Window { get; init; } = DefaultWindow;
}
