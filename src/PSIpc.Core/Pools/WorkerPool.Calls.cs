using System.Diagnostics;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>The end of calls.</summary>
internal sealed partial class WorkerPool
{
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
