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

    /// <summary>What each worker is told before it says that it is ready.</summary>
    public ReadOnlyMemory<byte> Setup { get; init; }

    /// <summary>What each worker is told first, on a host that serves pools of others; nothing if empty.</summary>
    public ReadOnlyMemory<byte> Greeting { get; init; }

    /// <summary>Whether its workers start before it is known what they serve: <see cref="WorkerPool.Bind"/> tells them.</summary>
    public bool IsUnbound { get; init; }

    /// <summary>The folder of its shared objects; the default one if null.</summary>
    public Segments.IpcDirectory? Directory { get; init; }
}
