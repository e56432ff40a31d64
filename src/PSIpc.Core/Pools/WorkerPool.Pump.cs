using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Diagnostics;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>Taking results, burying the dead, and the thread that does it when nobody else does.</summary>
internal sealed unsafe partial class WorkerPool
{
    private const int PumpStack = 256 << 10;
    private const int MostStartFailures = 3;

    // Whoever kills workers while they start, be it a user or the kernel for want of memory, may stop; a worker that ends by itself will not.
    private const int MostStartKills = 20;
    private const int MostBatches = 8;
    private static readonly TimeSpan SoonTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan StealTime = TimeSpan.FromMilliseconds(3);
    private static readonly long CountsInterval = Stopwatch.Frequency / 100;

    /// <summary>How long a worker that was told to exit may take before it is killed, in ticks of Stopwatch.</summary>
    private static readonly long ExitGrace = 5 * Stopwatch.Frequency;

    /// <summary>How long to wait after a failed start before the next, where other workers are there meanwhile.</summary>
    private static readonly long StartPause = Stopwatch.Frequency;

    /// <summary>How long items of a call that failed may take to stop before their workers are killed.</summary>
    private static readonly TimeSpan FailGrace = TimeSpan.FromMilliseconds(200);

    private readonly ReceivedBatch _batch = new(1024, 256 << 10);
    private readonly Spinner _spinner = new();
    private int _startFailures;
    private int _startKills;
    private bool _isEnded;
    private bool _isGone;

    // When the pump will look by itself, on the clock of Stopwatch; 0 while it is awake.
    private long _pumpWakes;
    private bool _isParked;
    private long _countsShown = 1;
    private long _startAgain;

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

    /// <summary>Whether the results of the one call that there is should wait in the worker's ring: nobody takes them. With other calls about, they must not.</summary>
    private bool IsStuffed(PoolWorker worker) =>
        _calls.Count == 1 && worker.Given.TryPeek(out GivenItems given) && given.Call == _calls[0] && given.Call.IsStuffed;

    private void Drain(PoolWorker worker, int batches)
    {
        while (batches-- > 0 && TryTake(worker))
        {
            int total = 0;
            for (int i = 0; i < _batch.Count; i++)
            {
                total += _batch.Body(i).Length;
            }

            // One block of memory for all results of a batch.
            byte[] copy = GC.AllocateUninitializedArray<byte>(total);
            int at = 0;
            for (int i = 0; i < _batch.Count; i++)
            {
                ReadOnlyMemory<byte> body = _batch.Body(i);
                body.CopyTo(copy.AsMemory(at));
                try
                {
                    Take(worker, copy.AsMemory(at, body.Length));
                }
                catch (IpcException)
                {
                    Condemn(worker);
                }

                at += body.Length;
            }
        }
    }

    private bool TryTake(PoolWorker worker)
    {
        try
        {
            return worker.Link!.TryTake(_batch);
        }
        catch (Exception e) when (e is IpcException or IOException or OutOfMemoryException)
        {
            Condemn(worker);
            return false;
        }
    }

    /// <summary>A worker whose messages cannot be read is of no use: it is killed, and what it had is accounted for by its death.</summary>
    private static void Condemn(PoolWorker worker)
    {
        worker.KillAt = 1;
        worker.Kill();
    }

    /// <summary>Takes a message of a worker.</summary>
    private void Take(PoolWorker worker, ReadOnlyMemory<byte> message)
    {
        switch ((PoolReply)PoolMessage.Read<byte>(message.Span))
        {
            case PoolReply.Result:
                TakeResult(worker, message);
                break;
            case PoolReply.Ready:
                worker.State = worker.State == WorkerState.Starting ? WorkerState.Ready : worker.State;
                ForgetStartFailures();
                IpcEvents.Log.WorkerReady(Name, worker.Number);
                break;
            case PoolReply.CallFailed when _calls.Find(c => c.Number == PoolMessage.CallOf(message.Span)) is { } call:
                FailCall(call, null, message[PoolMessage.ShortHeaderSize..]);
                break;
            case PoolReply.StartFailed:
                _startFailures = MostStartFailures;
                worker.State = WorkerState.Retiring;
                FailAll(null, message[PoolMessage.ShortHeaderSize..]);
                break;
        }
    }

    private void TakeResult(PoolWorker worker, ReadOnlyMemory<byte> message)
    {
        ResultHeader header = PoolMessage.Read<ResultHeader>(message.Span);
        if (!worker.TryFind(header.Ordinal, out GivenItems given))
        {
            return; // A worker that says what it cannot say: nobody waits for it.
        }

        bool done = (header.Flags & ResultFlags.Done) != 0;
        if (done)
        {
            worker.NoteDone(header.Ordinal, header.StartedAt + header.Elapsed);
        }

        var segment = new ResultSegment(
            message[ResultHeader.Size..],
            header.Flags,
            given.Items?.Block,
            given.Items is { } items ? items.First + (int)(header.Ordinal - given.FirstOrdinal) : 0,
            worker.Process!.Id,
            header.StartedAt,
            header.Elapsed,
            null);
        Deliver(given.Call, segment);
        given.Call.FruitlessDeaths = 0;
        if (done && given.Items is null)
        {
            EndOfCallDone(given.Call);
        }

        if (done && worker.State == WorkerState.Ready && IsUsedUp(worker))
        {
            RetireWorker(worker);
        }

        if (done && worker.State == WorkerState.Retiring)
        {
            SendAway(worker);
        }
    }

    /// <summary>A worker gets no more items; what it has begun of calls that have something to run at the end, it brings to that end.</summary>
    private void RetireWorker(PoolWorker worker)
    {
        worker.State = WorkerState.Retiring;
        PutBack(worker, worker.TakeBack());
        foreach (PoolCall call in _calls)
        {
            if (call.Options.HasEnd && !call.EndsGiven && worker.OpenCalls.Remove(call.Number))
            {
                call.EndsLeft++;
                worker.EndsOwed.Add(call);
            }
        }

        GiveOwedEnds();
    }

    private void Deliver(PoolCall call, in ResultSegment segment)
    {
        if (segment.IsDone && segment.Block is not null)
        {
            _completed++;
            _failed += segment.IsFailed ? 1 : 0;
            IpcMetrics.TaskDone(Name, segment.Elapsed, segment.IsFailed);
        }

        if (!call.IsOver)
        {
            call.Deliver(segment);
            Touch(call);
        }
    }

    private bool IsUsedUp(PoolWorker worker) =>
        (Options.MaxTasksPerWorker > 0 && worker.Served >= Options.MaxTasksPerWorker && worker.Outstanding == 0)
        || (Options.MaxWorkerMemory > 0 && worker.Link!.Memory > Options.MaxWorkerMemory);

    /// <summary>A worker's process is gone, and all that it had said is taken: what it had begun fails or is run again, what it had not goes to others.</summary>
    private void Bury(PoolWorker worker)
    {
        bool wasReady = worker.State is WorkerState.Ready or WorkerState.Retiring;
        worker.State = WorkerState.Gone;
        ulong begun = worker.Link!.Claim.Begun;
        WorkerDeath death = worker.Process!.EndOf(worker.Link.ExitCode);
        IpcEvents.Log.WorkerEnded(Name, worker.Number, death.ProcessId, death.What);
        List<GivenItems> notBegun = worker.Split(begun);
        PutBack(worker, notBegun);
        foreach (PoolCall owed in worker.EndsOwed)
        {
            LoseEnd(worker, owed, death);
        }
        while (worker.Given.TryDequeue(out GivenItems given))
        {
            for (ulong ordinal = Math.Max(given.FirstOrdinal, worker.LastDone + 1); ordinal <= given.LastOrdinal; ordinal++)
            {
                Lose(worker, given, ordinal, death);
            }
        }

        foreach (PoolCall call in _calls.ToArray())
        {
            if (!worker.OpenCalls.Contains(call.Number))
            {
                continue;
            }

            if (call.Options.HasEnd && !call.EndsGiven && !worker.IsSentAway && worker.FirstOrdinalOf(call) is > 0 and var first && begun >= first)
            {
                LoseEnd(worker, call, death, wasGiven: false);
            }

            // What a call is run with may be what kills workers: they die before they begin anything, which is nobody's item's fault.
            bool isFruitless = notBegun.Exists(n => n.Call == call) && begun < worker.FirstOrdinalOf(call);
            if (isFruitless && ++call.FruitlessDeaths >= MostStartFailures)
            {
                FailCall(call, new IpcException(
                    IpcErrorKind.WorkerDied,
                    $"Workers of process pool '{Name}' die before they begin an item of this call: the last of {call.FruitlessDeaths} {death.What}. What it is run with may be too large.{Words(death)}",
                    Name));
            }
        }

        _workers.Remove(worker);
        worker.Link.Dispose();
        worker.Process.Dispose();
        _restarts += _isClosing || worker.IsDismissed ? 0 : 1;

        if (!wasReady)
        {
            NoteFailedStart(death);
        }
    }

    private void NoteFailedStart(WorkerDeath death)
    {
        if (death.Signal is "SIGKILL" or "SIGTERM")
        {
            _startKills++;
        }
        else
        {
            _startFailures++;
        }

        if (!GivesUpStarting)
        {
            return;
        }

        if (_workers.Exists(w => w.IsReady))
        {
            ForgetStartFailures();
            _startAgain = Stopwatch.GetTimestamp() + StartPause; // The others do the work meanwhile.
            return;
        }

        FailAll(new IpcException(
            IpcErrorKind.WorkerDied,
            $"The workers of process pool '{Name}' do not start: the last of {_startFailures + _startKills} {death.What}.{Words(death)}",
            Name));
    }

    private bool GivesUpStarting => _startFailures >= MostStartFailures || _startKills >= MostStartKills;

    private void ForgetStartFailures()
    {
        _startFailures = 0;
        _startKills = 0;
    }

    private static string Words(WorkerDeath death) => death.LastWords.Length > 0 ? $" It wrote to its standard error: {death.LastWords}" : "";

    /// <summary>What a worker should have run at the end of a call is not run: it is gone.</summary>
    private void LoseEnd(PoolWorker worker, PoolCall call, WorkerDeath death, bool wasGiven = true)
    {
        if (!call.IsOver)
        {
            ResultFlags flags = ResultFlags.Done | (worker.TimedOutOrdinal > 0 ? ResultFlags.TimedOut : ResultFlags.Died);
            Deliver(call, new ResultSegment(default, flags, null, 0, death.ProcessId, 0, 0, death));
        }

        if (wasGiven)
        {
            EndOfCallDone(call);
        }
    }

    private void Lose(PoolWorker worker, GivenItems given, ulong ordinal, WorkerDeath death)
    {
        PoolCall call = given.Call;
        if (given.Items is not { } items)
        {
            LoseEnd(worker, call, death);
            return;
        }

        int item = items.First + (int)(ordinal - given.FirstOrdinal);
        if (call.IsOver || call.Retry(items.Block, item))
        {
            return;
        }

        ResultFlags flags = ResultFlags.Done | (worker.TimedOutOrdinal == ordinal ? ResultFlags.TimedOut : ResultFlags.Died);
        Deliver(call, new ResultSegment(default, flags, items.Block, item, death.ProcessId, worker.Link!.StartedAt, 0, death));
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
            else if (worker.Link is not null && worker.Outstanding > 0 && !IsStuffed(worker))
            {
                wake = Math.Min(wake, WatchTime(worker, now));
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

        long end = worker.Link!.StartedAt + most;
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

    private void EndCalls()
    {
        for (int i = _calls.Count - 1; i >= 0; i--)
        {
            PoolCall call = _calls[i];
            if (!call.EndsGiven && call.IsThrough)
            {
                call.EndsGiven = true;
                foreach (PoolWorker worker in _workers)
                {
                    if (call.Options.HasEnd && !worker.HasExited && worker.OpenCalls.Contains(call.Number))
                    {
                        call.EndsLeft++;
                        worker.EndsOwed.Add(call);
                    }
                }

                GiveOwedEnds();
            }

            if (call.EndsGiven && call.EndsLeft == 0)
            {
                call.End();
                Retire(call);
            }
        }
    }

    private static void EndOfCallDone(PoolCall call)
    {
        if (call.EndsLeft > 0)
        {
            call.EndsLeft--;
        }
    }

    /// <summary>A call cannot go on: what it had is stopped.</summary>
    private void FailCall(PoolCall call, Exception? failure, ReadOnlyMemory<byte> record = default)
    {
        if (!call.IsOver)
        {
            call.End(failure, record);
            StopItems(call, FailGrace);
            Retire(call);
        }
    }

    private void Retire(PoolCall call)
    {
        if (_calls.Remove(call))
        {
            IpcEvents.Log.CallOver(Name, call.Number);
        }

        _streams.Remove(call);
        Touch(call);
        _lastUse = Stopwatch.GetTimestamp();
        foreach (PoolWorker worker in _workers)
        {
            if (worker.Close(call))
            {
                if (call.Options.IsForgottenAtOnce)
                {
                    TryTellOfEnds(worker);
                }
            }
        }
    }

    private void FailAll(Exception? failure, ReadOnlyMemory<byte> record = default)
    {
        foreach (PoolCall call in _calls.ToArray())
        {
            FailCall(call, failure, record);
        }
    }

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
        foreach (PoolWorker worker in _workers)
        {
            living += worker.State is WorkerState.Starting or WorkerState.Ready ? 1 : 0;
            needed += worker.Outstanding > 0 ? 1 : 0;
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
            var worker = new PoolWorker(++_lastWorker);
            _workers.Add(worker);
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Pool.Start(state.Worker), (Pool: this, Worker: worker), preferLocal: false);
        }
    }

    private static long NeededFor(PoolCall call) =>
        call.Options.ThrottleLimit > 0 ? Math.Min(call.Waiting, call.Options.ThrottleLimit) : call.Waiting;

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of the thread pool: whatever it is goes to those who wait for the worker.")]
    private void Start(PoolWorker worker)
    {
        IWorkerProcess? process = null;
        WorkerLink? link = null;
        try
        {
            link = WorkerLink.Create(_segment);
            if (!TryOpen(link, 0, Options.Setup.Span))
            {
                throw new IpcException(IpcErrorKind.OutOfMemory, $"What the workers of process pool '{Name}' begin with does not fit into their link.", Name);
            }

            process = _launcher.Start(link.Name);
            IpcEvents.Log.WorkerStarted(Name, worker.Number, process.Id);
            lock (_gate)
            {
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
                ThreadPool.UnsafeQueueUserWorkItem(static pool => pool.WakePump(), this, preferLocal: false);
            });
        }
        catch (Exception e)
        {
            link?.Dispose();
            process?.Kill();
            lock (_gate)
            {
                _workers.Remove(worker);
                if (_workers.Exists(w => w.IsReady))
                {
                    _startAgain = Stopwatch.GetTimestamp() + StartPause; // The others do the work meanwhile.
                }
                else
                {
                    _startFailures = MostStartFailures;
                    FailAll(e);
                }
            }

            WakePump();
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
        bool isReady = worker.State != WorkerState.Starting;
        worker.State = WorkerState.Retiring;
        worker.IsSentAway = worker.Link.TryGive(head);
        worker.KillAt = isReady ? Stopwatch.GetTimestamp() + ExitGrace : worker.KillAt;
    }
}
