using System.Diagnostics;
using PSIpc.Core.Diagnostics;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>
/// Worker processes that run items of calls. It knows bytes and processes; what an item is, only the workers and whoever adds items know.
/// </summary>
/// <remarks>
/// <para>
/// One thread of its own, the pump, sleeps until a worker rings, a process ends, or a time is over; it takes results, gives items, and buries
/// the dead. Threads that add items or wait for results do the same work themselves when they are at it anyway. All of it is under one lock.
/// </para>
/// <para>
/// Accounting: an item is with its call (waiting), with one worker (given, and in that worker's list here), or done. It leaves the worker's
/// list by the worker's word that it is done, by being taken back (<see cref="ClaimWord"/>), or by the worker's death, when the claim word tells the
/// one that was begun from those that were not. So each item has one result or one failure, and none is begun twice unless that was asked for.
/// </para>
/// </remarks>
internal sealed partial class WorkerPool : IPoolEngine
{
    private readonly object _gate = new();
    private readonly PoolSegment _segment;
    private readonly IWorkerLauncher _launcher;
    private readonly List<PoolWorker> _workers = [];
    private readonly List<PoolCall> _calls = [];

    // Those whose input may go on: the ones that wait for workers to be free.
    private readonly List<PoolCall> _streams = [];
    private readonly List<PoolCall> _touched = [];
    private int _workerCount;
    private uint _lastCall;
    private int _lastWorker;
    private bool _isClosing;
    private bool _isDisposed;
    private long _completed;
    private long _failed;
    private long _restarts;
    private long _lastUse = Stopwatch.GetTimestamp();

    private WorkerPool(WorkerPoolOptions options, IWorkerLauncher launcher, PoolSegment segment)
    {
        Options = options;
        _launcher = launcher;
        _segment = segment;
        _workerCount = options.WorkerCount;
        IpcMetrics.Watch(this);
        new Thread(Pump, PumpStack) { IsBackground = true, Name = $"PSIpc pool {segment.Name}" }.Start();
    }

    /// <summary>How it was made.</summary>
    public WorkerPoolOptions Options { get; private set; }

    /// <summary>Its name.</summary>
    public string Name => _segment.Name;

    /// <summary>None: workers of this machine start when there is work.</summary>
    public string? WaitReason => null;

    /// <summary>Whether it takes no more calls.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosing;
            }
        }
    }

    /// <summary>Whether any call has not ended.</summary>
    public bool HasCalls
    {
        get
        {
            lock (_gate)
            {
                return _calls.Count > 0;
            }
        }
    }

    /// <summary>Whether all of a closed pool is gone, its files too.</summary>
    public bool IsGone
    {
        get
        {
            lock (_gate)
            {
                return _isGone;
            }
        }
    }

    /// <summary>The workers that it has when it has work enough.</summary>
    public int WorkerCount
    {
        get
        {
            lock (_gate)
            {
                return _workerCount;
            }
        }
    }

    /// <summary>Whether a worker can run something now.</summary>
    public bool HasReadyWorker
    {
        get
        {
            lock (_gate)
            {
                return _workers.Exists(static w => w.IsReady);
            }
        }
    }

    /// <summary>Workers whose processes start.</summary>
    public int StartingWorkers
    {
        get
        {
            lock (_gate)
            {
                return _workers.Count(static w => w.State == WorkerState.Starting && !w.HasExited);
            }
        }
    }

    /// <summary>How it is doing now.</summary>
    public PoolCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return CountNow();
            }
        }
    }

    /// <summary>Its workers now.</summary>
    public IReadOnlyList<WorkerInfo> Workers
    {
        get
        {
            lock (_gate)
            {
                return [.. _workers.Where(w => w.State != WorkerState.Gone && w.Process is not null).Select(w => new WorkerInfo(
                    w.Number, w.Process!.Id, w.HasExited ? WorkerState.Gone : w.State, w.Started, w.Served - w.Outstanding, w.Outstanding, w.Running > 0, w.Link!.Memory))];
            }
        }
    }

    /// <summary>The worker that runs an item of a call now: its process id, and since when, on the clock of Stopwatch; null where none does.</summary>
    public (int ProcessId, long StartedAt)? RunnerOf(PoolCall call)
    {
        lock (_gate)
        {
            PoolWorker? runner = _workers.Find(w => IsRunning(w, call));
            return runner is null ? null : (runner.Process!.Id, runner.Link!.StartedAt);
        }
    }

    /// <summary>Whether a worker runs an item of a call now.</summary>
    public bool IsRunning(PoolCall call, long index)
    {
        lock (_gate)
        {
            return _workers.Exists(w => w.Running is > 0 and var running && w.TryFind(running, out GivenItems given) && given.Call == call
                && given.Items is { } items && items.FirstIndex + (long)(running - given.FirstOrdinal) == index);
        }
    }

    /// <summary>Makes a pool and, where it is not to wait for work, starts its workers.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.OutOfMemory"/>.</exception>
    public static WorkerPool Create(WorkerPoolOptions options, IWorkerLauncher launcher)
    {
        var pool = new WorkerPool(options, launcher, PoolSegment.Create(options.Name, options.Directory));
        pool.Flush();
        return pool;
    }

    /// <summary>Begins a call.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public PoolCall Open(CallOptions options, ReadOnlyMemory<byte> setup)
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                throw ClosedError();
            }

            Log ??= options.IsRecorded ? new TaskLog() : null;
            var call = new PoolCall(this, ++_lastCall, options, setup, new ChunkSize(ChunkSize.Target));
            _calls.Add(call);
            _streams.Add(call);
            IpcEvents.Log.CallBegun(Name, call.Number);
            ForgetStartFailures(); // Whoever begins a call gets a fresh try.
            return call;
        }
    }

    /// <summary>Tells the workers of an unbound pool what they serve; from now on it works by these options.</summary>
    public void Bind(WorkerPoolOptions options)
    {
        lock (_gate)
        {
            Options = options with { Name = Options.Name, Greeting = Options.Greeting, Directory = Options.Directory };
            _workerCount = options.WorkerCount;
            _lastUse = Stopwatch.GetTimestamp();
            foreach (PoolWorker worker in _workers)
            {
                if (worker.Link is { } link && !TryOpen(link, 0, Options.Setup.Span))
                {
                    worker.Kill(); // Another one is told when it starts.
                }
            }
        }

        Flush();
    }

    /// <summary>Has at least this many workers from now on.</summary>
    public void Grow(int workers)
    {
        lock (_gate)
        {
            _workerCount = Math.Max(_workerCount, workers);
        }
    }

    /// <summary>Takes no more calls; the workers go when those that there are have ended.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosing = true;
        }

        Flush();
    }

    /// <summary>Waits until a closed pool has no worker left and its files are gone; false when the time is up.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public bool WaitUntilGone(Deadline deadline, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static state =>
            {
                lock (state!)
                {
                    Monitor.PulseAll(state);
                }
            },
            _gate);
        lock (_gate)
        {
            while (!_isGone)
            {
                cancellation.ThrowIfCancellationRequested();
                if (deadline.IsOver)
                {
                    return false;
                }

                Monitor.Wait(_gate, deadline.Milliseconds());
            }

            return true;
        }
    }

    /// <summary>Gives a call up; what is done and not taken stays to be taken, or is dropped.</summary>
    public void Cancel(PoolCall call, TimeSpan grace, bool keepsDone)
    {
        lock (_gate)
        {
            CancelNow(call, grace, keepsDone);
        }

        Flush();
    }

    /// <summary>Kills all workers and ends all calls.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _isClosing = true;
            foreach (PoolCall call in _calls.ToArray())
            {
                FailCall(call, ClosedError());
            }

            foreach (PoolWorker worker in _workers)
            {
                worker.Process?.Kill();
            }
        }

        Flush();
        Wake();
    }

    /// <summary>Does what there is to do: gives items, takes results.</summary>
    /// <param name="waits">Whether the caller waits for a result next, and goes on with this meanwhile.</param>
    public void Flush(bool waits = false)
    {
        bool isEarlier;
        lock (_gate)
        {
            long wake = StepOrFail(Stopwatch.GetTimestamp());
            isEarlier = wake < _pumpWakes;
            if (_isParked && !waits && (_isClosing || !IsQuiet || wake < _parkedUntil))
            {
                Monitor.PulseAll(_gate);
            }
        }

        if (isEarlier)
        {
            Wake();
        }

        Announce();
    }

    /// <summary>A call has all its items.</summary>
    public void EndInput(PoolCall call, bool waits)
    {
        lock (_gate)
        {
            _streams.Remove(call);
        }

        Flush(waits);
    }

    /// <summary>Has the pump look at what there is to do.</summary>
    public void Wake()
    {
        _segment.Ring();
        lock (_gate)
        {
            if (_isParked)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private IpcException ClosedError() =>
        new(IpcErrorKind.Closed, Messages.PoolRemoved.With(Name), Name);

    private PoolCounts CountNow()
    {
        long living = 0;
        long busy = 0;
        long running = 0;
        long waiting = 0;
        foreach (PoolWorker worker in _workers)
        {
            bool runs = worker.Running > 0;
            living += worker.State != WorkerState.Gone ? 1 : 0;
            busy += worker.Outstanding > 0 ? 1 : 0;
            running += runs ? 1 : 0;
            waiting += Math.Max(0, worker.Outstanding - (runs ? 1 : 0));
        }

        foreach (PoolCall call in _calls)
        {
            waiting += call.Waiting;
        }

        return new PoolCounts(living, busy, waiting, running, _completed, _failed, _restarts);
    }

    private int ReadyWorkers
    {
        get
        {
            int ready = 0;
            foreach (PoolWorker worker in _workers)
            {
                ready += worker.IsReady ? 1 : 0;
            }

            return ready;
        }
    }

    private void Touch(PoolCall call)
    {
        if (!_touched.Contains(call))
        {
            _touched.Add(call);
        }
    }

    /// <summary>Tells those who wait, without the lock.</summary>
    private void Announce()
    {
        PoolCall[] touched;
        lock (_gate)
        {
            if (_touched.Count == 0)
            {
                return;
            }

            touched = [.. _touched];
            _touched.Clear();
        }

        foreach (PoolCall call in touched)
        {
            call.Announce();
        }
    }
}
