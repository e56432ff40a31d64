namespace PSIpc.Core.Pools.Remote;

/// <summary>How far a batch is on its host.</summary>
internal enum HostBatchState
{
    /// <summary>It was received as a task.</summary>
    Prefetched,

    /// <summary>The caller was asked for it.</summary>
    Claimed,

    /// <summary>The caller has granted it, and it waits for a slot.</summary>
    Granted,

    /// <summary>Its items are with the workers.</summary>
    Running,

    /// <summary>All its items have results, which the caller may not have yet.</summary>
    Ended,
}

/// <summary>A caller as a host has it.</summary>
internal sealed class HostCaller(Guid id, uint keyId)
{
    public Guid Id { get; } = id;

    /// <summary>The name of the host for this caller. A host that has dropped what a caller had there is another host for it afterwards.</summary>
    public Guid HostId { get; } = Guid.NewGuid();

    /// <summary>The key that this caller signs with.</summary>
    public uint KeyId { get; } = keyId;

    /// <summary>Runs its items; null until the first grant.</summary>
    public IPoolEngine? Engine { get; set; }

    public Dictionary<uint, HostCall> Calls { get; } = [];

    public Dictionary<long, HostBatch> Batches { get; } = [];

    public long LastHeard { get; set; }

    public long LastInspected { get; set; }

    /// <summary>Since when the broker says that nobody consumes its queue; 0 while somebody does.</summary>
    public long AbsentSince { get; set; }
}

/// <summary>A call as a host has it.</summary>
internal sealed class HostCall(HostCaller caller, uint number, PoolCall local)
{
    public HostCaller Caller { get; } = caller;

    public uint Number { get; } = number;

    /// <summary>The call of the host's own pool that runs its items.</summary>
    public PoolCall Local { get; } = local;

    /// <summary>Whether another host runs its items again when this one is taken to be lost.</summary>
    public bool IsRetried { get; init; }

    /// <summary>Batches whose items are with the workers.</summary>
    public List<HostBatch> Running { get; } = [];

    /// <summary>The index in the local call that the next item gets.</summary>
    public long NextIndex { get; set; }

    /// <summary>Results of what comes at the end, until the caller asks for it.</summary>
    public List<RemoteResult> EndResults { get; } = [];

    /// <summary>The batch by which the caller asked for the end; null before.</summary>
    public HostBatch? EndBatch { get; set; }

    /// <summary>Bytes of results that the caller does not have.</summary>
    public long UnsettledBytes { get; set; }

    /// <summary>Whether it was stopped, or its caller does not need it any more.</summary>
    public bool IsOver { get; set; }
}

/// <summary>A batch on its host.</summary>
internal sealed class HostBatch(HostCaller caller, uint call, long id, int attempt)
{
    public HostCaller Caller { get; } = caller;

    public uint CallNumber { get; } = call;

    public HostCall? Call { get; set; }

    public long Id { get; } = id;

    public int Attempt { get; } = attempt;

    public HostBatchState State { get; set; }

    /// <summary>The task, until it is acknowledged.</summary>
    public TaskDelivery? Delivery { get; set; }

    /// <summary>The items, as the caller wrote them.</summary>
    public ReadOnlyMemory<byte> Items { get; set; }

    public bool HasItems { get; set; }

    /// <summary>The number of its claim.</summary>
    public long Claim { get; set; }

    /// <summary>When its state began.</summary>
    public long Since { get; set; }

    /// <summary>When it was received.</summary>
    public long ReceivedAt { get; set; }

    /// <summary>The index of its first item in the local call.</summary>
    public long FirstIndex { get; set; }

    public int Count { get; set; }

    /// <summary>Items without a final result.</summary>
    public int Left { get; set; }

    /// <summary>Results that are not sent yet.</summary>
    public List<RemoteResult> Pending { get; } = [];

    public long PendingBytes { get; set; }

    /// <summary>Parts of results that the caller does not have, in their order.</summary>
    public Queue<(int Number, ReadOnlyMemory<byte> Body)> Unsettled { get; } = new();

    /// <summary>The number of the next part.</summary>
    public int NextPart { get; set; }
}
