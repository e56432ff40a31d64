using System.Diagnostics;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>The thread that does what there is to do when nobody else does, and when it looks again.</summary>
internal sealed unsafe partial class WorkerPool
{
    private const int PumpStack = 256 << 10;
    private const int MostBatches = 8;
    private static readonly TimeSpan SoonTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan StealTime = TimeSpan.FromMilliseconds(3);
    private static readonly long CountsInterval = Stopwatch.Frequency / 100;

    private readonly Spinner _spinner = new();
    private bool _isEnded;
    private bool _isGone;

    // When the pump will look by itself, on the clock of Stopwatch; 0 while it is awake.
    private long _pumpWakes;
    private bool _isParked;
    private long _parkedUntil;
    private long _countsShown = 1;

    private void Pump()
    {
        while (true)
        {
            ulong rings = Volatile.Read(ref *_segment.Rings);
            if (!StepAndAnnounce(out _, willSleep: false))
            {
                break;
            }

            if (Park() || _spinner.UntilChanged(_segment.Rings, rings))
            {
                continue;
            }

            // Announced before the look: whoever rings after it wakes this thread.
            uint seen = _segment.Event.Prepare();
            if (!StepAndAnnounce(out Deadline wake, willSleep: true))
            {
                break;
            }

            _segment.Event.Sleep(seen, guarded: false, wake, default);
            lock (_gate)
            {
                _pumpWakes = 0;
            }
        }

        _segment.Dispose();
        lock (_gate)
        {
            _isGone = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>
    /// While no worker has anything to say, the pump sleeps where workers do not reach it: a thread that gives one item and waits for its result does
    /// all by itself, and no ring costs anything. Whoever leaves workers with something to do wakes it.
    /// </summary>
    private bool Park()
    {
        lock (_gate)
        {
            if (!IsQuiet || _isClosing)
            {
                return false;
            }

            long now = Stopwatch.GetTimestamp();
            long at = StepOrFail(now);
            if (!IsQuiet || _touched.Count > 0)
            {
                return true;
            }

            _isParked = true;
            _parkedUntil = at;
            Monitor.Wait(_gate, DeadlineOf(at, now).Milliseconds());
            _isParked = false;
            return true;
        }
    }

    private bool StepAndAnnounce(out Deadline wake, bool willSleep)
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            long at = StepOrFail(now);
            _pumpWakes = willSleep ? at : 0;
            wake = DeadlineOf(at, now);
            _isEnded = _isClosing && _workers.Count == 0 && _calls.Count == 0;
        }

        Announce();
        return !_isEnded;
    }

    private static Deadline DeadlineOf(long at, long now) =>
        at == long.MaxValue ? Deadline.Never : Deadline.After(TimeSpan.FromSeconds(Math.Max(0, at - now) / (double)Stopwatch.Frequency));

    /// <summary>Whether no worker has anything to do or to say, and none waits for items that lie in an open block.</summary>
    private bool IsQuiet
    {
        get
        {
            foreach (PoolWorker worker in _workers)
            {
                if (worker.Outstanding > 0 || worker.State != WorkerState.Ready || worker.HasExited)
                {
                    return false;
                }
            }

            foreach (PoolCall call in _calls)
            {
                if (call.HasWaiting)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>
    /// A step that never throws: what nobody thought of ends the calls with what it was, and not the session, whose thread this may be the pump.
    /// </summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "The thread of the pump must not end, nor that of another call.")]
    private long StepOrFail(long now)
    {
        try
        {
            return Step(now);
        }
        catch (Exception e)
        {
            FailAll(e);
            return now + StartPause;
        }
    }

    /// <summary>Does all that there is to do now; when to look again if nobody rings, on the clock of Stopwatch.</summary>
    private long Step(long now)
    {
        if (_isEnded)
        {
            return long.MaxValue;
        }

        for (int i = _workers.Count - 1; i >= 0; i--)
        {
            PoolWorker worker = _workers[i];
            if (worker.Link is null)
            {
                continue;
            }

            bool exited = worker.HasExited;
            if (exited || !IsStuffed(worker))
            {
                Drain(worker, exited ? int.MaxValue : MostBatches);
            }

            if (exited)
            {
                Bury(worker);
            }
            else if (worker.State == WorkerState.Retiring)
            {
                SendAway(worker);
            }
        }

        long wake = Watch(now);
        EndCalls();
        StartWorkers(now, ref wake);
        Give();
        if (Steal(now, out bool took))
        {
            wake = Math.Min(wake, now + (StealTime.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond));
        }

        if (took)
        {
            Give();
        }

        foreach (PoolCall call in _streams)
        {
            if (call.KeepsWorkersWaiting)
            {
                wake = Math.Min(wake, now + (SoonTime.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond));
            }
        }

        EndCalls(); // Those whose last item could not be given to anybody.
        if (_isClosing)
        {
            SendAway();
            wake = Math.Min(wake, now + ExitGrace);
        }

        ShowCounts(now);
        return wake;
    }

    /// <summary>Writes the counts where others can look, some times a second: with many calls they take a while to add up.</summary>
    private void ShowCounts(long now)
    {
        if (now - _countsShown > CountsInterval || (_calls.Count == 0 && _countsShown != 0))
        {
            _countsShown = _calls.Count == 0 ? 0 : now;
            _segment.Counts = CountNow();
        }
    }

    /// <summary>Kills workers whose item has run for too long or that did not stop when they were asked; when to look again.</summary>
    private long Watch(long now)
    {
        long wake = long.MaxValue;
        foreach (PoolWorker worker in _workers)
        {
            if (worker.KillAt > 0)
            {
                if (now >= worker.KillAt)
                {
                    worker.Kill();
                }
                else
                {
                    wake = Math.Min(wake, worker.KillAt);
                }
            }
            else if (worker.Link is not null && worker.Outstanding > 0)
            {
                if (IsStuffed(worker))
                {
                    worker.HeldUntil = now;
                }
                else
                {
                    wake = Math.Min(wake, WatchTime(worker, now));
                }
            }
        }

        return wake;
    }

    /// <summary>Kills a worker whose item has run for too long; when to look again.</summary>
    private static long WatchTime(PoolWorker worker, long now)
    {
        ulong running = worker.Running;
        if (running == 0)
        {
            // It begins soon, and cannot be late before its time.
            long limit = worker.Given.Peek().Call.Options.TaskTimeoutTicks;
            return limit > 0 ? now + limit : long.MaxValue;
        }

        if (!worker.TryFind(running, out GivenItems given) || given.Call.Options.TaskTimeoutTicks is not (> 0 and var most))
        {
            return long.MaxValue;
        }

        // What an item waits for room for its results is not its own time.
        long end = Math.Max(worker.Link!.StartedAt, worker.HeldUntil) + most;
        if (now < end)
        {
            return end;
        }

        PutBack(worker, worker.TakeBack());
        if (worker.Running == running)
        {
            worker.TimedOutOrdinal = running;
            worker.KillOrdinal = running;
            worker.KillAt = now;
            worker.Kill();
            return long.MaxValue;
        }

        return now;
    }
}
