using PSIpc.Core.Channels;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>Taking what workers say.</summary>
internal sealed partial class WorkerPool
{
    private readonly ReceivedBatch _batch = new(1024, 256 << 10);

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
            case PoolReply.CallFailed when _calls.Find(c => c.Number == PoolMessage.CallOf(message.Span)) is { } call && !worker.Has(call):
                // All that it had of the call was taken back before it came to open it, and another worker has meanwhile what only one process can have, such as an end of a pipe. With the next item
                // it is told of the call again.
                worker.Close(call);
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
        if (given.Items is not null && !given.Call.IsOver)
        {
            worker.ServedCalls.Add(given.Call.Number);
        }

        if (done && given.Call.Options.IsRecorded)
        {
            Record(worker, given, header);
        }

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
}
