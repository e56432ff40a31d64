using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>What a call asks of the pool that runs it.</summary>
internal interface ICallScheduler
{
    /// <summary>Gives items and takes results now.</summary>
    /// <param name="waits">Whether the caller waits for a result next, and continues with this meanwhile.</param>
    void Flush(bool waits = false);

    /// <summary>Has the pool's own thread look at what there is to do.</summary>
    void Wake();

    /// <summary>A call has all its items.</summary>
    void EndInput(PoolCall call, bool waits);

    /// <summary>Does the pool's work for a moment instead of sleeping; true when the condition holds.</summary>
    bool Help(PoolCall call, Func<PoolCall, bool> until);

    /// <summary>Cancels a call; results that have come and were not taken stay or are dropped.</summary>
    void Cancel(PoolCall call, TimeSpan grace, bool keepsDone);
}

/// <summary>Runs items of calls: in worker processes of this machine (<see cref="WorkerPool"/>), or on hosts that are reached by a broker.</summary>
internal interface IPoolEngine : ICallScheduler, IDisposable
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Whether it takes no more calls.</summary>
    bool IsClosed { get; }

    /// <summary>Whether any call has not ended.</summary>
    bool HasCalls { get; }

    /// <summary>The workers that it has when it has work enough; 0 for as many as offer themselves.</summary>
    int WorkerCount { get; }

    /// <summary>Whether a worker can run something now.</summary>
    bool HasReadyWorker { get; }

    /// <summary>Workers whose processes start.</summary>
    int StartingWorkers { get; }

    /// <summary>The present counts.</summary>
    PoolCounts Counts { get; }

    /// <summary>The present workers.</summary>
    IReadOnlyList<WorkerInfo> Workers { get; }

    /// <summary>What its workers did for calls that are recorded; null where none was.</summary>
    TaskLog? Log { get; }

    /// <summary>The calls that have not ended, and canceled ones whose items still run; the oldest first.</summary>
    IReadOnlyList<CallInfo> Calls { get; }

    /// <summary>Why its calls wait, where they have waited for some seconds; null else.</summary>
    string? WaitReason { get; }

    /// <summary>The worker that runs an item of a call now: its process id (0 where that is not known), and since when, on the clock of Stopwatch; null where none does.</summary>
    (int ProcessId, long StartedAt)? RunnerOf(PoolCall call);

    /// <summary>Whether a worker runs an item of a call now.</summary>
    bool IsRunning(PoolCall call, long index);

    /// <summary>Whether the items of a call may have to wait: no worker is ready, or there are older calls.</summary>
    bool MayWait(PoolCall call);

    /// <summary>Older calls that keep workers from a call which has more items than workers that run them.</summary>
    IReadOnlyList<CallInfo> BlockersOf(PoolCall call);

    /// <summary>Begins a call.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    PoolCall Open(CallOptions options, ReadOnlyMemory<byte> setup);

    /// <summary>Has at least this many workers from now on.</summary>
    void Grow(int workers);

    /// <summary>Takes no more calls; the workers end when the present calls have ended.</summary>
    void Close();

    /// <summary>Waits until a closed pool has no worker left; false when the time is up.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    bool WaitUntilGone(Deadline deadline, CancellationToken cancellation);
}
