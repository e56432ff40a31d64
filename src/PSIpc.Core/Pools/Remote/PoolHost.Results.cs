namespace PSIpc.Core.Pools.Remote;

/// <summary>Results on their way to the caller, and what callers say besides grants.</summary>
internal sealed partial class PoolHost
{
    /// <inheritdoc/>
    public void OnMessage(ReadOnlyMemory<byte> body)
    {
        RemoteMessage? message;
        try
        {
            message = _codec.TryRead(body, out _);
            if (message is { Kind: RemoteKind.Part } && _parts.Add(message.Body) is { } whole)
            {
                message = _codec.TryRead(whole, out _);
            }
        }
        catch (IpcException)
        {
            return;
        }

        bool isFresh = message is not null && (message.KeyId == 0 || _time.GetUtcNow().ToUnixTimeMilliseconds() <= message.Expiry);
        if (isFresh && message!.Kind != RemoteKind.Part && (message.Flags & RemoteFlags.FromHost) == 0)
        {
            Do(() => Take(message));
        }
    }

    private void Take(RemoteMessage message)
    {
        bool isForAll = message.Kind is RemoteKind.Cancel or RemoteKind.Goodbye && message.Host == default;
        if (!_callers.TryGetValue(message.Caller, out HostCaller? caller) || caller.KeyId != message.KeyId || !(isForAll || (message.Host == caller.HostId && message.Epoch == _epoch)))
        {
            if (!isForAll && message.Epoch == _epoch && caller?.HostId != message.Host)
            {
                SendGoodbye(message.Caller, message.Host, message.KeyId); // What it had here is dropped.
            }

            return;
        }

        caller.LastHeard = _time.GetTimestamp();
        caller.AbsentSince = 0;
        switch (message.Kind)
        {
            case RemoteKind.Grant:
                TakeGrant(caller, message);
                break;
            case RemoteKind.Deny:
                TakeDenial(caller, message);
                break;
            case RemoteKind.Settled:
                TakeSettled(caller, message);
                break;
            case RemoteKind.Ping:
                TakeSettled(caller, message);
                if ((message.Flags & RemoteFlags.Missing) != 0)
                {
                    SendAgain(caller);
                }

                SendStatus(caller);
                break;
            case RemoteKind.End:
                TakeEnd(caller, message);
                break;
            case RemoteKind.Cancel:
                TakeCancel(caller, message);
                break;
            case RemoteKind.Goodbye:
                Drop(caller);
                break;
        }
    }

    /// <summary>Takes what the workers wrote for a call.</summary>
    private void Collect(HostCall call)
    {
        while (call.UnsettledBytes < MaxUnsettled)
        {
            bool isOver = call.Local.IsOver; // Read first: what is ready after it is all there is.
            bool tookAny = call.Local.TryTake(_segments);
            foreach (ResultSegment segment in _segments)
            {
                Add(call, segment);
            }

            _segments.Clear();
            if (!tookAny && isOver)
            {
                Finish(call);
            }

            if (!tookAny)
            {
                return;
            }
        }
    }

    private void Add(HostCall call, in ResultSegment segment)
    {
        if (segment.Block is null)
        {
            call.EndResults.Add(ResultOf(segment, -1));
            return;
        }

        foreach (HostBatch batch in call.Running)
        {
            if (segment.Index >= batch.FirstIndex && segment.Index < batch.FirstIndex + batch.Count)
            {
                RemoteResult result = ResultOf(segment, (int)(segment.Index - batch.FirstIndex));
                batch.Pending.Add(result);
                batch.PendingBytes += result.Bytes.Length;
                batch.Left -= segment.IsDone ? 1 : 0;
                if (batch.Left == 0)
                {
                    End(batch);
                }
                else if (batch.PendingBytes >= FlushBytes)
                {
                    FlushResults(batch);
                }

                return;
            }
        }
    }

    private RemoteResult ResultOf(in ResultSegment segment, int item)
    {
        var elapsed = TimeSpan.FromSeconds((double)segment.Elapsed / System.Diagnostics.Stopwatch.Frequency);
        return segment switch
        {
            { Death: { } death } => RemoteResult.OfDeath(item, segment.Flags, death with { What = Messages.EndedOnMachine.With(death.What, _options.Machine) }, elapsed),
            { Refusal: { } refusal } => RemoteResult.OfError(item, refusal, RemoteResultContent.Refusal),
            { Records.Length: > MessageParts.MaxContent } => RemoteResult.OfError(item, RemotePool.TooLarge(segment.Records.Length, Messages.RemoteResultNoun), RemoteResultContent.Refusal) with
            {
                Flags = segment.Flags | ResultFlags.Failed,
                Worker = segment.Worker,
                Elapsed = elapsed,
            },
            _ => new RemoteResult(item, segment.Flags, segment.Worker, elapsed, RemoteResultContent.Records, segment.Records),
        };
    }

    /// <summary>All items of a batch have ended.</summary>
    private void End(HostBatch batch)
    {
        FlushResults(batch);
        double seconds = _time.GetElapsedTime(batch.Since).TotalSeconds;
        _average = _average < 0 ? seconds : _average + ((seconds - _average) * Smoothing);
        EndRun(batch);
        batch.State = HostBatchState.Ended;
    }

    /// <summary>Frees the slot of a batch that runs.</summary>
    private void EndRun(HostBatch batch)
    {
        if (batch.Call is not { } call || !call.Running.Remove(batch))
        {
            return;
        }

        _active--;
        call.Local.ThrottleLimit = Math.Max(1, call.Running.Count);
    }

    /// <summary>Sends the results of a batch that have come since the last time.</summary>
    private void FlushResults(HostBatch batch)
    {
        if (batch.Pending.Count == 0)
        {
            return;
        }

        var writer = new BodyWriter();
        writer.Int(batch.NextPart);
        writer.Int(batch.Pending.Count);
        foreach (RemoteResult result in batch.Pending)
        {
            result.WriteTo(writer);
        }

        batch.Pending.Clear();
        batch.PendingBytes = 0;
        batch.Unsettled.Enqueue((batch.NextPart++, writer.Written));
        if (batch.Call is { } call)
        {
            call.UnsettledBytes += writer.Length;
        }

        SendPart(batch, writer.Written);
    }

    private void SendPart(HostBatch batch, ReadOnlyMemory<byte> body) =>
        Send(batch.Caller, new RemoteMessage { Kind = RemoteKind.Result, Call = batch.CallNumber, Batch = batch.Id, Attempt = batch.Attempt, Body = body }, batch);

    /// <summary>The call of the host's own pool is over: nothing more comes of it.</summary>
    private void Finish(HostCall call)
    {
        if (call.Caller.Calls.GetValueOrDefault(call.Number) != call)
        {
            return;
        }

        RemoteResult? failure = call.Local.Failure is { } error ? RemoteResult.OfError(0, error, RemoteResultContent.CallError)
            : !call.Local.FailureRecord.IsEmpty ? new RemoteResult(0, ResultFlags.Done | ResultFlags.Failed, 0, default, RemoteResultContent.CallFailed, call.Local.FailureRecord)
            : null;
        foreach (HostBatch batch in call.Running.ToArray())
        {
            if (failure is { } reason)
            {
                batch.Pending.Add(reason);
            }

            End(batch);
            Trim(batch);
        }

        if (call.EndBatch is { } end)
        {
            foreach (RemoteResult result in call.EndResults)
            {
                end.Pending.Add(result);
            }

            call.EndResults.Clear();
            end.Pending.Add(new RemoteResult(0, ResultFlags.Done, 0, default, RemoteResultContent.Records, default));
            FlushResults(end);
            end.State = HostBatchState.Ended;
        }

        if (call.IsOver || call.EndBatch is not null)
        {
            call.Caller.Calls.Remove(call.Number);
        }
    }

    private void TakeSettled(HostCaller caller, RemoteMessage message)
    {
        var reader = new BodyReader(message.Body);
        for (int count = reader.Count(12); count > 0; count--)
        {
            long id = reader.Long();
            int next = reader.Int();
            if (caller.Batches.TryGetValue(id, out HostBatch? batch))
            {
                while (batch.Unsettled.TryPeek(out (int Number, ReadOnlyMemory<byte> Body) part) && part.Number < next)
                {
                    batch.Unsettled.Dequeue();
                    if (batch.Call is { } call)
                    {
                        bool wasFull = call.UnsettledBytes >= MaxUnsettled;
                        call.UnsettledBytes -= part.Body.Length;
                        if (wasFull)
                        {
                            _dirty.Enqueue(call);
                        }
                    }
                }

                Trim(batch);
            }
        }

        for (int count = reader.Count(sizeof(int)); count > 0; count--)
        {
            uint number = (uint)reader.Int();
            if (caller.Calls.TryGetValue(number, out HostCall? call))
            {
                Stop(call, null);
            }
        }
    }

    private static void Trim(HostBatch batch)
    {
        if (batch.State == HostBatchState.Ended && batch.Unsettled.Count == 0)
        {
            batch.Caller.Batches.Remove(batch.Id);
        }
    }

    /// <summary>The caller needs no more of a call: what it runs is stopped.</summary>
    private void Stop(HostCall call, TimeSpan? grace)
    {
        call.IsOver = true;
        call.Caller.Calls.Remove(call.Number);
        bool wasRunning = call.Running.Count > 0;
        foreach (HostBatch batch in call.Caller.Batches.Values.Where(b => b.CallNumber == call.Number).ToArray())
        {
            Acknowledge(batch);
            EndRun(batch);
            Forget(batch);
        }

        if (wasRunning)
        {
            call.Local.Cancel(grace);
        }
        else
        {
            call.Local.EndInput();
        }
    }

    private void TakeCancel(HostCaller caller, RemoteMessage message)
    {
        var grace = TimeSpan.FromTicks(new BodyReader(message.Body).Long());
        foreach (HostBatch batch in _inHand.Where(b => b.Caller == caller && b.CallNumber == message.Call).ToArray())
        {
            Acknowledge(batch);
            Forget(batch);
        }

        if (caller.Calls.TryGetValue(message.Call, out HostCall? call))
        {
            Stop(call, grace);
        }
    }

    private void TakeEnd(HostCaller caller, RemoteMessage message)
    {
        if (caller.Batches.ContainsKey(message.Batch))
        {
            return;
        }

        var batch = new HostBatch(caller, message.Call, message.Batch, 0) { State = HostBatchState.Running, Since = _time.GetTimestamp() };
        caller.Batches.Add(batch.Id, batch);
        if (caller.Calls.TryGetValue(message.Call, out HostCall? call) && call.EndBatch is null)
        {
            call.EndBatch = batch;
            call.Local.EndInput();
            _dirty.Enqueue(call);
        }
        else
        {
            batch.Pending.Add(new RemoteResult(0, ResultFlags.Done, 0, default, RemoteResultContent.Records, default));
            FlushResults(batch);
            batch.State = HostBatchState.Ended;
        }
    }

    /// <summary>Says what this host has of a caller. What is claimed and has not begun is not named.</summary>
    private void SendStatus(HostCaller caller)
    {
        var writer = new BodyWriter();
        writer.Int(_options.Slots);
        writer.Text(_options.Machine);
        writer.Long(caller.Engine?.Counts.Restarts ?? 0);
        HostBatch[] begun = [.. caller.Batches.Values.Where(b => b.State is HostBatchState.Running or HostBatchState.Ended)];
        writer.Int(begun.Length);
        foreach (HostBatch batch in begun)
        {
            writer.Long(batch.Id);
            writer.Int(batch.NextPart);
        }

        writer.Int(caller.Calls.Count);
        foreach (uint call in caller.Calls.Keys)
        {
            writer.Int((int)call);
        }

        IReadOnlyList<WorkerInfo> workers = caller.Engine?.Workers ?? [];
        writer.Int(workers.Count);
        foreach (WorkerInfo worker in workers)
        {
            writer.Int(worker.ProcessId);
            writer.Byte((byte)worker.State);
            writer.Long(new DateTimeOffset(worker.Started).ToUnixTimeMilliseconds());
            writer.Long(worker.Done);
            writer.Int(worker.Outstanding);
            writer.Byte(worker.IsRunning ? (byte)1 : (byte)0);
            writer.Long(worker.Memory);
        }

        Send(caller, new RemoteMessage { Kind = RemoteKind.Status, Attempt = _epochNumber, Body = writer.Written });
    }

    private void SendGoodbye(Guid caller, Guid host, uint keyId) => Send(new HostCaller(caller, keyId), new RemoteMessage { Kind = RemoteKind.Goodbye, Host = host });
}
