namespace PSIpc.Core.Pools;

/// <summary>How a pool is made.</summary>
internal sealed record WorkerPoolOptions
{
    public required string Name { get; init; }

    /// <summary>The workers that it has when it has work enough.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>Whether it starts them at once, and keeps them; else as there is work for them.</summary>
    public bool IsEager { get; init; } = true;

    /// <summary>Items after which a worker is replaced; 0 for never.</summary>
    public long MaxTasksPerWorker { get; init; }

    /// <summary>Bytes of resident memory above which a worker is replaced; 0 for no limit.</summary>
    public long MaxWorkerMemory { get; init; }

    /// <summary>How long workers stay without work where it does not start them at once; zero or less for ever.</summary>
    public TimeSpan IdleTime { get; init; }

    /// <summary>
    /// Whether its workers are on other machines: what they have begun is known late here. So nothing is taken back from one but what is of a call that is over, one has items of
    /// one call at a time, and chunks are larger, since giving them takes longer.
    /// </summary>
    public bool IsFar { get; init; }

    /// <summary>What each worker is told before it says that it is ready.</summary>
    public ReadOnlyMemory<byte> Setup { get; init; }

    /// <summary>The folder of its shared objects; the default one if null.</summary>
    public Segments.IpcDirectory? Directory { get; init; }
}
