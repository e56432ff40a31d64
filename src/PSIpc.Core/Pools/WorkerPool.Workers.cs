using System.Diagnostics;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>Starting workers, and sending them away.</summary>
internal sealed partial class WorkerPool
{
    /// <summary>How long a worker that was told to exit may take before it is killed, in ticks of Stopwatch.</summary>
    private static readonly long ExitGrace = 5 * Stopwatch.Frequency;

    /// <summary>How long to wait after a failed start before the next, where other workers are there meanwhile.</summary>
    private static readonly long StartPause = Stopwatch.Frequency;

    /// <summary>
    /// The time for which a starting worker is assumed to use a processor. At most one such start per processor runs at a time, because more would delay the first result. A start that takes
    /// longer is waiting, for example for a server that its initialization script connects to, so the next one begins.
    /// </summary>
    private static readonly long BusyStart = Stopwatch.Frequency;

    private long _startAgain;

    /// <summary>A worker gets no more items; what it has begun of calls that have something to run at the end, it brings to that end.</summary>
    private void RetireWorker(PoolWorker worker)
    {
        worker.State = WorkerState.Retiring;
        PutBack(worker, worker.TakeBack());
        foreach (PoolCall call in _calls)
        {
            if (!call.EndsGiven)
            {
                OweEnd(worker, call);
            }
        }

        GiveOwedEnds();
    }

    private bool IsUsedUp(PoolWorker worker) =>
        (Options.MaxTasksPerWorker > 0 && worker.Served >= Options.MaxTasksPerWorker && worker.Outstanding == 0)
        || (Options.MaxWorkerMemory > 0 && worker.Link!.Memory > Options.MaxWorkerMemory);

    /// <summary>Starts the workers that are missing, and lets those go that have had nothing to do for long.</summary>
    private void StartWorkers(long now, ref long wake)
    {
        if (_isDisposed || (_isClosing && _calls.Count == 0))
        {
            return;
        }

        if (!_isClosing && !Options.IsEager && Options.IdleTime > TimeSpan.Zero && _workers.Count > 0 && _calls.Count == 0)
        {
            long end = _lastUse + (long)(Options.IdleTime.TotalSeconds * Stopwatch.Frequency);
            if (now >= end)
            {
                _workers.ForEach(w => w.IsDismissed = true);
                SendAway();
            }
            else
            {
                wake = Math.Min(wake, end);
            }
        }

        int living = 0;
        long needed = 0;
        int busyStarts = 0;
        long busyUntil = long.MaxValue;
        foreach (PoolWorker worker in _workers)
        {
            living += IsLiving(worker) ? 1 : 0;
            needed += worker.Outstanding > 0 ? 1 : 0;
            if (worker.State == WorkerState.Starting && !worker.HasExited && now - worker.StartedAt < BusyStart)
            {
                busyStarts++;
                busyUntil = Math.Min(busyUntil, worker.StartedAt + BusyStart);
            }
        }

        bool isEager = Options.IsEager && !_isClosing;
        for (int i = 0; i < _calls.Count && needed < _workerCount && !isEager; i++)
        {
            needed += NeededFor(_calls[i]);
        }

        needed = isEager ? _workerCount : needed;
        if (now < _startAgain)
        {
            wake = needed > living ? Math.Min(wake, _startAgain) : wake;
            return;
        }

        for (int missing = (int)Math.Min(needed, _workerCount) - living; missing > 0 && !GivesUpStarting; missing--)
        {
            if (busyStarts++ >= Environment.ProcessorCount)
            {
                wake = Math.Min(wake, busyUntil); // Or earlier, when one of them is ready.
                return;
            }

            var worker = new PoolWorker(++_lastWorker);
            _workers.Add(worker);
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Pool.Start(state.Worker), (Pool: this, Worker: worker), preferLocal: false);
        }
    }

    /// <summary>Whether an item that comes now would have another worker started.</summary>
    private bool CanStartMore => !_isDisposed && !GivesUpStarting && _workers.Count(IsLiving) < _workerCount;

    private static bool IsLiving(PoolWorker worker) => worker.State is WorkerState.Starting or WorkerState.Ready && !worker.HasExited;

    private static long NeededFor(PoolCall call) =>
        call.ThrottleLimit > 0 ? Math.Min(call.Waiting, call.ThrottleLimit) : call.Waiting;

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of the thread pool: whatever it is goes to those who wait for the worker.")]
    private void Start(PoolWorker worker)
    {
        IWorkerProcess? process = null;
        WorkerLink? link = null;
        try
        {
            link = WorkerLink.Create(_segment);
            if (!Options.Greeting.IsEmpty)
            {
                TryOpen(link, PoolMessage.Greeting, Options.Greeting.Span);
            }

            process = _launcher.Start(link.Name, link.Id);
            IpcEvents.Log.WorkerStarted(Name, worker.Number, process.Id);
            lock (_gate)
            {
                if (!Options.IsUnbound && !TryOpen(link, 0, Options.Setup.Span))
                {
                    throw new IpcException(IpcErrorKind.OutOfMemory, Messages.PoolSetupTooLarge.With(Name), Name);
                }

                worker.Link = link;
                worker.Process = process;
                link = null; // From here on the worker's end is the pool's to see.
                if (_isDisposed)
                {
                    process.Kill();
                }
            }

            process.OnExit(() =>
            {
                // Not here: a Process tells of its end while it holds a lock of its own, which the pump may wait for under the pool's.
                worker.HasExited = true;
                ThreadPool.UnsafeQueueUserWorkItem(static pool => pool.Wake(), this, preferLocal: false);
            });
        }
        catch (Exception e)
        {
            link?.Dispose();
            process?.Kill();
            lock (_gate)
            {
                _workers.Remove(worker);
                if (_workers.Exists(w => w.IsReady || (w.State == WorkerState.Starting && w.Link is not null && !w.HasExited)))
                {
                    _startAgain = Stopwatch.GetTimestamp() + StartPause; // The others do the work meanwhile.
                }
                else
                {
                    _startFailures = MostStartFailures;
                    FailAll(e);
                }
            }

            Wake();
            Announce();
        }
    }

    /// <summary>Tells all workers without items that there is no more work.</summary>
    private void SendAway()
    {
        foreach (PoolWorker worker in _workers)
        {
            SendAway(worker);
        }
    }

    private void SendAway(PoolWorker worker)
    {
        bool isNeeded = _isClosing && _calls.Count > 0 && worker.State != WorkerState.Retiring;
        if (worker.Link is null || worker.Outstanding > 0 || worker.EndsOwed.Count > 0 || worker.HasExited || isNeeded || worker.IsSentAway)
        {
            return;
        }

        Span<byte> head = stackalloc byte[PoolMessage.ShortHeaderSize];
        PoolMessage.WriteShort(head, (byte)PoolRequest.Exit, 0);
        if (worker.State != WorkerState.Retiring || worker.KillAt == 0)
        {
            worker.KillAt = Stopwatch.GetTimestamp() + ExitGrace; // Once, however often it is told: one that hangs while it starts, or whose ring stays full.
        }

        worker.State = WorkerState.Retiring;
        worker.IsSentAway = worker.Link.TryGive(head);
    }
}
