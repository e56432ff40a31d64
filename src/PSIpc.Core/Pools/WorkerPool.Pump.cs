using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>Taking results, burying the dead, and the thread that does it when nobody else does.</summary>
internal sealed unsafe partial class WorkerPool
{
    private const int PumpStack = 256 << 10;
    private const int MostStartFailures = 3;
    private const int MostBatches = 8;
    private static readonly TimeSpan SoonTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan StealTime = TimeSpan.FromMilliseconds(3);

    private readonly ReceivedBatch _batch = new(1024, 256 << 10);
    private readonly Spinner _spinner = new();
    private int _startFailures;
    private bool _isEnded;

    // When the pump will look by itself, on the clock of Stopwatch; 0 while it is awake.
    private long _pumpWakes;
    private bool _isParked;

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
            long at = Step(now);
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
            long at = Step(now);
            _pumpWakes = willSleep ? at : 0;
            wake = DeadlineOf(at, now);
            _isEnded = _isClosing && _workers.Count == 0 && _calls.Count == 0;
            if (_isEnded)
            {
                Monitor.PulseAll(_gate);
            }
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
        if (Steal(now))
        {
            wake = Math.Min(wake, now + (StealTime.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond));
        }
        else
        {
            Give();
        }

        foreach (PoolCall call in _calls)
        {
            if (call.KeepsWorkersWaiting)
            {
                wake = Math.Min(wake, now + (SoonTime.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond));
            }
        }

        if (_isClosing)
        {
            SendAway();
        }

        _segment.Counts = CountNow();
        return wake;
    }

    /// <summary>Whether the results of the one call that there is should wait in the worker's ring: nobody takes them. With other calls about, they must not.</summary>
    private bool IsStuffed(PoolWorker worker) =>
        _calls.Count == 1 && worker.Given.TryPeek(out GivenItems given) && given.Call == _calls[0] && given.Call.IsStuffed;

    private void Drain(PoolWorker worker, int batches)
    {
        while (batches-- > 0 && worker.Link!.TryTake(_batch))
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
                Take(worker, copy.AsMemory(at, body.Length));
                at += body.Length;
            }
        }
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
                _startFailures = 0;
                break;
            case PoolReply.CallFailed when _calls.Find(c => c.Number == PoolMessage.CallOf(message.Span)) is { } call:
                EndCall(call, null, message[PoolMessage.ShortHeaderSize..]);
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
        if (done && given.Items is null)
        {
            EndOfCallDone(given.Call);
        }

        if (done && worker.State == WorkerState.Ready && IsUsedUp(worker))
        {
            worker.State = WorkerState.Retiring;
            PutBack(worker, worker.TakeBack());
            SendAway(worker);
        }
    }

    private void Deliver(PoolCall call, in ResultSegment segment)
    {
        if (segment.IsDone && segment.Block is not null)
        {
            _completed++;
            _failed += segment.IsFailed ? 1 : 0;
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
        PutBack(worker, worker.Split(begun));
        while (worker.Given.TryDequeue(out GivenItems given))
        {
            for (ulong ordinal = Math.Max(given.FirstOrdinal, worker.LastDone + 1); ordinal <= given.LastOrdinal; ordinal++)
            {
                Lose(worker, given, ordinal, death);
            }
        }

        _workers.Remove(worker);
        worker.Link.Dispose();
        worker.Process.Dispose();
        _restarts += _isClosing || worker.IsDismissed ? 0 : 1;

        if (!wasReady && ++_startFailures >= MostStartFailures)
        {
            FailAll(new IpcException(
                IpcErrorKind.WorkerDied,
                $"The workers of process pool '{Name}' do not start: the last of {_startFailures} {death.What}.{(death.LastWords.Length > 0 ? $" It wrote to its standard error: {death.LastWords}" : "")}",
                Name));
        }
    }

    private void Lose(PoolWorker worker, GivenItems given, ulong ordinal, WorkerDeath death)
    {
        PoolCall call = given.Call;
        if (given.Items is not { } items)
        {
            EndOfCallDone(call);
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
                    worker.Process!.Kill();
                }
                else
                {
                    wake = Math.Min(wake, worker.KillAt);
                }
            }
            else if (worker.Given.TryPeek(out GivenItems given) && given.Call.Options.TaskTimeoutTicks is > 0 and var limit)
            {
                ulong running = worker.Running;
                long end = running > 0 ? worker.Link!.StartedAt + limit : now + limit;
                if (running > 0 && now >= end && given.Items is not null && given.FirstOrdinal <= running)
                {
                    PutBack(worker, worker.TakeBack());
                    if (worker.Running == running)
                    {
                        worker.TimedOutOrdinal = running;
                        worker.KillOrdinal = running;
                        worker.KillAt = now;
                        worker.Process!.Kill();
                    }
                }

                wake = Math.Min(wake, Math.Max(end, now + 1));
            }
        }

        return wake;
    }

    private void EndCalls()
    {
        for (int i = _calls.Count - 1; i >= 0; i--)
        {
            PoolCall call = _calls[i];
            if (call.EndsLeft < 0 && call.IsThrough)
            {
                PoolWorker[] last = call.Options.HasEnd ? [.. _workers.Where(w => w.OpenCalls.Contains(call.Number))] : [];
                call.EndsLeft = last.Length;
                foreach (PoolWorker worker in last)
                {
                    GiveEnd(worker, call);
                }
            }

            if (call.EndsLeft == 0)
            {
                EndCall(call, null);
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

    private void EndCall(PoolCall call, Exception? failure, ReadOnlyMemory<byte> record = default)
    {
        if (failure is not null || !record.IsEmpty)
        {
            foreach (PoolWorker worker in _workers.Where(w => w.Link is not null && IsServing(w, call)))
            {
                PutBack(worker, worker.TakeBack());
            }
        }

        call.End(failure, record);
        Retire(call);
    }

    private void Retire(PoolCall call)
    {
        _calls.Remove(call);
        Touch(call);
        _lastUse = Stopwatch.GetTimestamp();
        foreach (PoolWorker worker in _workers)
        {
            if (worker.OpenCalls.Remove(call.Number))
            {
                worker.EndedCalls.Add(call.Number);
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
            EndCall(call, failure, record);
        }
    }

    /// <summary>Starts the workers that are missing, and lets those go that have had nothing to do for long.</summary>
    private void StartWorkers(long now, ref long wake)
    {
        if (_isClosing)
        {
            return;
        }

        if (!Options.IsEager && Options.IdleTime > TimeSpan.Zero && _workers.Count > 0 && _calls.Count == 0)
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

        foreach (PoolCall call in _calls)
        {
            needed += NeededFor(call);
        }

        needed = Options.IsEager ? _workerCount : needed;
        for (int missing = (int)Math.Min(needed, _workerCount) - living; missing > 0 && _startFailures < MostStartFailures; missing--)
        {
            var worker = new PoolWorker(++_lastWorker);
            _workers.Add(worker);
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Pool.Start(state.Worker), (Pool: this, Worker: worker), preferLocal: false);
        }
    }

    private static long NeededFor(PoolCall call) =>
        call.Options.ThrottleLimit > 0 ? Math.Min(call.Waiting, call.Options.ThrottleLimit) : call.Waiting;

    private void Start(PoolWorker worker)
    {
        WorkerLink? link = null;
        try
        {
            link = WorkerLink.Create(_segment);
            if (!TryOpen(link, 0, Options.Setup.Span))
            {
                throw new IpcException(IpcErrorKind.OutOfMemory, $"What the workers of process pool '{Name}' begin with does not fit into their link.", Name);
            }

            IWorkerProcess process = _launcher.Start(link.Name);
            lock (_gate)
            {
                worker.Link = link;
                worker.Process = process;
                if (_isDisposed)
                {
                    process.Kill();
                }
            }

            process.OnExit(() =>
            {
                worker.HasExited = true;
                WakePump();
            });
        }
        catch (Exception e) when (e is IpcException or IOException or System.ComponentModel.Win32Exception)
        {
            link?.Dispose();
            lock (_gate)
            {
                _workers.Remove(worker);
                _startFailures = MostStartFailures;
                FailAll(e);
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
        if (worker.Link is null || worker.Outstanding > 0 || worker.HasExited || (_isClosing && _calls.Count > 0) || worker.IsSentAway)
        {
            return;
        }

        Span<byte> head = stackalloc byte[PoolMessage.ShortHeaderSize];
        PoolMessage.WriteShort(head, (byte)PoolRequest.Exit, 0);
        worker.State = WorkerState.Retiring;
        worker.IsSentAway = worker.Link.TryGive(head);
    }
}
