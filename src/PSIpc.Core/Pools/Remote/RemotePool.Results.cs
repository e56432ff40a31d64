using System.Diagnostics;
using PSIpc.Core.Diagnostics;

namespace PSIpc.Core.Pools.Remote;

/// <summary>What hosts say. All under the pool's lock, but for the reading of messages.</summary>
internal sealed partial class RemotePool
{
    /// <inheritdoc/>
    public void OnMessage(ReadOnlyMemory<byte> body)
    {
        if (TryRead(body) is not { } message)
        {
            return;
        }

        lock (_gate)
        {
            try
            {
                Take(message);
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.CorruptData)
            {
                return; // A message that its sender did not write: the state that it would have changed is asked for again.
            }

            StepOrFail();
        }

        Announce();
    }

    private RemoteMessage? TryRead(ReadOnlyMemory<byte> body)
    {
        try
        {
            RemoteMessage? message = _codec.TryRead(body, out _);
            if (message is { Kind: RemoteKind.Part } && _parts.Add(message.Body) is { } whole)
            {
                message = _codec.TryRead(whole, out _);
            }

            bool isFresh = message is not null && (message.Expiry == 0 || message.KeyId == 0 || _time.GetUtcNow().ToUnixTimeMilliseconds() <= message.Expiry);
            return isFresh && message!.Kind != RemoteKind.Part && message.Caller == _id && (message.Flags & RemoteFlags.FromHost) != 0 ? message : null;
        }
        catch (IpcException)
        {
            return null;
        }
    }

    private void Take(RemoteMessage message)
    {
        if (message.Kind == RemoteKind.Refused)
        {
            TakeRefusal(message);
            return;
        }

        if (!_hosts.TryGetValue(message.Host, out RemoteHost? host))
        {
            if (message.Kind is not (RemoteKind.Claim or RemoteKind.Status or RemoteKind.Result))
            {
                return;
            }

            _hosts[message.Host] = host = new RemoteHost(message.Host) { Epoch = message.Epoch };
        }

        host.LastHeard = _time.GetTimestamp();
        host.VanishedAt = host.IsClosed ? host.VanishedAt : 0; // It was silent, and speaks again.
        switch (message.Kind)
        {
            case RemoteKind.Claim:
                if (IsOfPresentEpoch(host, message))
                {
                    var claim = new BodyReader(message.Body);
                    host.Slots = claim.Int();
                    host.Machine = claim.Text();
                    TakeClaim(host, message);
                }

                break;
            case RemoteKind.Result:
                TakeResult(host, message);
                break;
            case RemoteKind.Returned:
                TakeReturned(host, message);
                break;
            case RemoteKind.Status:
                TakeStatus(host, message);
                break;
            case RemoteKind.Goodbye:
                foreach (RemoteBatch batch in host.Granted.ToArray())
                {
                    Lose(host, batch); // It no longer has what it was granted, and may have begun it.
                }

                Forget(host);
                break;
        }
    }

    private void TakeResult(RemoteHost host, RemoteMessage message)
    {
        var reader = new BodyReader(message.Body);
        int part = reader.Int();
        if (!_batches.TryGetValue(message.Batch, out RemoteBatch? batch) || batch.Host != host)
        {
            // Its call is over, or it was decided without this host. The host need not keep it.
            Settle(host, message.Batch, part, message.Body.Length);
            return;
        }

        if (part != batch.NextPart)
        {
            if (part < batch.NextPart)
            {
                Settle(host, message.Batch, part, message.Body.Length);
            }

            return; // One that is missing before it comes again, and so does this one.
        }

        batch.NextPart++;
        RemoteCall call = batch.Call;
        for (int count = reader.Count(1); count > 0; count--)
        {
            TakeResult(host, batch, RemoteResult.Read(ref reader));
            if (call.Call.IsOver)
            {
                break;
            }
        }

        Settle(host, message.Batch, part, message.Body.Length);
        if (batch.Left == 0)
        {
            Remove(batch);
        }
    }

    private void TakeResult(RemoteHost host, RemoteBatch batch, in RemoteResult result)
    {
        RemoteCall call = batch.Call;
        switch (result.Content)
        {
            case RemoteResultContent.CallFailed:
                FailCall(call, null, result.Bytes);
                return;
            case RemoteResultContent.CallError:
                FailCall(call, result.ReadError());
                return;
        }

        bool isDone = (result.Flags & ResultFlags.Done) != 0;
        bool isEnd = batch.Items is null;
        if (isEnd)
        {
            // Several workers may run the end; the host says with item 0 that all of them have.
            if (result.Item == 0)
            {
                batch.Finish(0);
                return;
            }
        }
        else if ((uint)result.Item >= (uint)batch.Count || batch.IsDone(result.Item) || (isDone && !batch.Finish(result.Item)))
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        long elapsed = (long)(result.Elapsed.TotalSeconds * Stopwatch.Frequency);
        WorkerDeath? death = result.Content == RemoteResultContent.Death ? result.ReadDeath() : null;
        ItemBlock? block = batch.Items?.Block;
        int item = batch.Items is { } items ? items.First + result.Item : 0;
        if (isDone && call.Call.Options.IsRecorded)
        {
            Record(host, result, now, elapsed, call, block is null ? -1 : block.FirstIndex + item);
        }

        if (death is not null && block is not null && !call.Call.IsOver && call.Call.Retry(block, item))
        {
            return;
        }

        Deliver(call, new ResultSegment(
            result.Content == RemoteResultContent.Records ? result.Bytes : default,
            result.Flags,
            block,
            item,
            result.Worker,
            Math.Max(1, now - elapsed),
            elapsed,
            death)
        {
            Refusal = result.Content == RemoteResultContent.Refusal ? result.ReadError() : null,
        });
    }

    private void Record(RemoteHost host, in RemoteResult result, long now, long elapsed, RemoteCall call, long index)
    {
        TaskOutcome outcome = (result.Flags & ResultFlags.TimedOut) != 0 ? TaskOutcome.TimedOut
            : (result.Flags & ResultFlags.Died) != 0 ? TaskOutcome.Died
            : (result.Flags & ResultFlags.Failed) != 0 ? TaskOutcome.Failed
            : (result.Flags & ResultFlags.Stopped) != 0 ? TaskOutcome.Stopped : TaskOutcome.Completed;

        // When the task began is not known on this machine's clock: tasks of one worker are put one behind the other.
        (int number, long until) = Worker(host.Id, result.Worker);
        long startedAt = Math.Max(now - elapsed, until);
        _workers[(host.Id, result.Worker)] = (number, startedAt + elapsed);
        Log!.Add(new RecordedTask(startedAt, Math.Max(0, elapsed), index, call.Number, number, result.Worker, outcome, call.Call.TextOf(index, isLast: outcome is TaskOutcome.Completed or TaskOutcome.Failed)));
    }

    private (int Number, long RecordedUntil) Worker(Guid host, int process)
    {
        if (!_workers.TryGetValue((host, process), out (int Number, long RecordedUntil) worker))
        {
            _workers[(host, process)] = worker = (_workers.Count + 1, 0);
        }

        return worker;
    }

    private void Deliver(RemoteCall call, in ResultSegment segment)
    {
        if (segment.IsDone && segment.Block is not null)
        {
            _completed++;
            _failed += segment.IsFailed ? 1 : 0;
            IpcMetrics.TaskDone(Name, segment.Elapsed, segment.IsFailed);
        }

        if (!call.Call.IsOver)
        {
            call.Call.Deliver(segment);
            Touch(call.Call);
        }
    }

    /// <summary>A host says that it has not begun a batch by a claim and never will, or that it gives back a task which it did not claim.</summary>
    private void TakeReturned(RemoteHost host, RemoteMessage message)
    {
        if (!_batches.TryGetValue(message.Batch, out RemoteBatch? batch) || batch.Items is null)
        {
            return;
        }

        // One that is not granted begins nowhere once it is no more: each claim of it is denied.
        bool isVoid = batch.Claim is { } claim ? claim.Host == host.Id && claim.Claim == message.Claim : batch.State == BatchState.Published;
        if (isVoid)
        {
            Requeue(batch);
        }
    }

    private void TakeRefusal(RemoteMessage message)
    {
        // Not to be trusted where there is a key: nothing follows from it but a message, and that the task is published again.
        var reader = new BodyReader(message.Body);
        bool isKey = reader.Byte() == (byte)RemoteReadFailure.UnknownKey;
        int version = reader.Int();
        _refusal = Messages.RemoteWaitingRefused.With(reader.Text(), Name, isKey ? Messages.RemoteRefusedKey : Messages.RemoteRefusedVersion.With(version, RemoteCodec.Version));
        if (_batches.TryGetValue(message.Batch, out RemoteBatch? batch) && batch is { State: BatchState.Published, Claim: null, PublishAt: 0 })
        {
            batch.PublishAt = After(_times.RefusalPause);
        }
    }

    /// <summary>Notes that a part need not be kept by its host; it is told with others.</summary>
    private void Settle(RemoteHost host, long batch, int part, int bytes)
    {
        host.Settled[batch] = Math.Max(part + 1, host.Settled.GetValueOrDefault(batch));
        host.SettledBytes += bytes;
        if (host.SettledBytes > SettleBytes && !IsHeldBack(host))
        {
            SendSettled(host, RemoteKind.Settled);
        }
    }

    private void SendSettled(RemoteHost host, RemoteKind kind, RemoteFlags flags = 0)
    {
        if (!_isConnected || host.VanishedAt != 0)
        {
            return;
        }

        var writer = new BodyWriter();
        bool isHeldBack = IsHeldBack(host);
        writer.Int(isHeldBack ? 0 : host.Settled.Count);
        foreach ((long batch, int next) in isHeldBack ? [] : host.Settled)
        {
            writer.Long(batch);
            writer.Int(next);
        }

        writer.Int(host.OverCalls.Count);
        foreach (uint call in host.OverCalls)
        {
            writer.Int((int)call);
        }

        if (!isHeldBack)
        {
            host.Settled.Clear();
            host.SettledBytes = 0;
        }

        host.OverCalls.Clear();
        host.LastSettled = _time.GetTimestamp();
        SendToHost(host, new RemoteMessage { Kind = kind, Flags = flags, Body = writer.Written });
    }
}
