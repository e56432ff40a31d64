using System.Diagnostics;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>The end of calls.</summary>
internal sealed partial class WorkerPool
{
    /// <summary>The calls that have not ended, and canceled ones whose items still run; the oldest first.</summary>
    public IReadOnlyList<CallInfo> Calls
    {
        get
        {
            lock (_gate)
            {
                return CallsNow(null);
            }
        }
    }

    /// <summary>Whether the items of a call may have to wait: no worker is ready, or there are older calls.</summary>
    public bool MayWait(PoolCall call)
    {
        lock (_gate)
        {
            if (_calls.Count > 0 && _calls[0].Number < call.Number)
            {
                return true;
            }

            bool isReady = false;
            foreach (PoolWorker worker in _workers)
            {
                if (worker.Running is > 0 and var running && worker.TryFind(running, out GivenItems given) && given.Call.Number < call.Number)
                {
                    return true;
                }

                isReady |= worker.IsReady;
            }

            return !isReady;
        }
    }

    /// <summary>Older calls that keep workers from a call which has more items than workers that run them.</summary>
    public IReadOnlyList<CallInfo> BlockersOf(PoolCall call)
    {
        lock (_gate)
        {
            int own = _workers.Count(w => IsRunning(w, call));
            return call.Submitted - call.Done > own ? CallsNow(call).FindAll(static c => c.Workers > 0) : [];
        }
    }

    private static bool IsRunning(PoolWorker worker, PoolCall call) => worker.Running is > 0 and var running && worker.TryFind(running, out GivenItems given) && given.Call == call;

    /// <summary>The calls that began before another one; all for null. Under the pool's lock.</summary>
    private List<CallInfo> CallsNow(PoolCall? before)
    {
        var found = new List<CallInfo>();
        bool IsWanted(PoolCall call) => (before is null || call.Number < before.Number) && !found.Exists(c => c.Call == call);
        foreach (PoolCall call in _calls.Where(IsWanted))
        {
            found.Add(new CallInfo(call, _workers.Count(w => IsRunning(w, call))));
        }

        foreach (PoolWorker worker in _workers)
        {
            if (worker.Running is > 0 and var running && worker.TryFind(running, out GivenItems given) && IsWanted(given.Call))
            {
                found.Add(new CallInfo(given.Call, _workers.Count(w => IsRunning(w, given.Call))));
            }
        }

        found.Sort(static (a, b) => a.Call.Number.CompareTo(b.Call.Number));
        return found;
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
                    OweEnd(worker, call);
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

    /// <summary>
    /// A worker that has begun items of a call has to run what comes at its end; one that lost what it was given before it began any has not. Of one that has died
    /// meanwhile the end is lost, which its burial says.
    /// </summary>
    private static void OweEnd(PoolWorker worker, PoolCall call)
    {
        if (call.Options.HasEnd && (worker.ServedCalls.Contains(call.Number) || IsServing(worker, call)) && worker.EndsArranged.Add(call.Number))
        {
            call.EndsLeft++;
            worker.EndsOwed.Add(call);
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
            StopItems(call, call.Options.StopGracePeriod);
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
}
