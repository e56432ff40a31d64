using System.Diagnostics;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>Burying workers: what each had begun, and what it had not.</summary>
internal sealed partial class WorkerPool
{
    private const int MostStartFailures = 3;

    // Whoever kills workers while they start, be it a user or the kernel for want of memory, may stop; a worker that ends by itself will not.
    private const int MostStartKills = 6;

    // What a process that ends in order upon SIGHUP, SIGINT and SIGTERM, and one that cannot (SIGKILL), exit with.
    private static readonly int[] KilledCodes = [129, 130, 137, 143];

    private int _startFailures;
    private int _startKills;

    /// <summary>A worker's process is gone, and all that it had said is taken: what it had begun fails or is run again, what it had not goes to others.</summary>
    private void Bury(PoolWorker worker)
    {
        bool wasReady = worker.State is WorkerState.Ready or WorkerState.Retiring;
        worker.State = WorkerState.Gone;
        _restarts += _isClosing || worker.IsDismissed ? 0 : 1; // Before anybody hears of the items that died with it.
        ulong begun = worker.Link!.Claim.Begun;
        WorkerDeath death = worker.Process!.EndOf(worker.Link.ExitCode);
        PoolCall? running = begun > worker.LastDone && worker.TryFind(begun, out GivenItems last) ? last.Call : null;
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

            if (call.Options.HasEnd && !call.EndsGiven && !worker.EndsArranged.Contains(call.Number) && !worker.IsSentAway && (call == running || worker.ServedCalls.Contains(call.Number)))
            {
                LoseEnd(worker, call, death, wasGiven: false);
            }

            // What a call is run with may be what kills workers: they die before they begin anything, which is nobody's item's fault.
            bool isFruitless = notBegun.Exists(n => n.Call == call) && begun < worker.FirstOrdinalOf(call);
            if (isFruitless && ++call.FruitlessDeaths >= MostStartFailures)
            {
                FailCall(call, new IpcException(
                    IpcErrorKind.WorkerDied,
                    Messages.PoolWorkersDieBeforeItem.With(Name, call.FruitlessDeaths, death.What, Words(death)),
                    Name));
            }
        }

        _workers.Remove(worker);
        worker.Link.Dispose();
        worker.Process.Dispose();
        if (!wasReady)
        {
            NoteFailedStart(death);
        }
    }

    private void NoteFailedStart(WorkerDeath death)
    {
        if (death.Signal is "SIGKILL" or "SIGTERM" or "SIGINT" or "SIGHUP" || KilledCodes.Contains(death.ExitCode))
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
            Messages.PoolWorkersDoNotStart.With(Name, _startFailures + _startKills, death.What, Words(death)),
            Name));
    }

    private bool GivesUpStarting => _startFailures >= MostStartFailures || _startKills >= MostStartKills;

    private void ForgetStartFailures()
    {
        _startFailures = 0;
        _startKills = 0;
    }

    private static string Words(WorkerDeath death) => death.LastWords.Length > 0 ? Messages.WroteToStandardError.With(death.LastWords) : "";

    /// <summary>What a worker should have run at the end of a call is not run: it is gone.</summary>
    private void LoseEnd(PoolWorker worker, PoolCall call, WorkerDeath death, bool wasGiven = true, bool isTimedOut = false)
    {
        if (!call.IsOver)
        {
            ResultFlags flags = ResultFlags.Done | (isTimedOut ? ResultFlags.TimedOut : ResultFlags.Died);
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
        if (call.Options.IsRecorded)
        {
            RecordLost(worker, given, ordinal);
        }

        if (given.Items is not { } items)
        {
            LoseEnd(worker, call, death, isTimedOut: worker.TimedOutOrdinal == ordinal);
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
}
