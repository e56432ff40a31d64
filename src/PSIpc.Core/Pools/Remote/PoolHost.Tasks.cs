namespace PSIpc.Core.Pools.Remote;

/// <summary>Tasks until they run: received, claimed, granted or denied, returned.</summary>
internal sealed partial class PoolHost
{
    /// <inheritdoc/>
    public void OnTask(TaskDelivery delivery)
    {
        RemoteMessage? message = _codec.TryRead(delivery.Body, out RemoteReadFailure failure);
        Do(() =>
        {
            if (message is not { Kind: RemoteKind.Task } || (message.Flags & RemoteFlags.FromHost) != 0)
            {
                _transport.Acknowledge(delivery);
                if (message is null && failure is RemoteReadFailure.UnknownKey or RemoteReadFailure.NewerVersion)
                {
                    Refuse(delivery, failure);
                }

                return;
            }

            if (_isDraining || !_isConnected)
            {
                _transport.Requeue(delivery);
                return;
            }

            HostCaller caller = CallerOf(message);
            if (caller.Batches.ContainsKey(message.Batch))
            {
                _transport.Acknowledge(delivery); // It was published twice, and the first one is here.
                return;
            }

            long now = _time.GetTimestamp();
            var batch = new HostBatch(caller, message.Call, message.Batch, message.Attempt)
            {
                Delivery = delivery,
                Items = message.Body,
                HasItems = (message.Flags & RemoteFlags.Items) != 0,
                Since = now,
                ReceivedAt = now,
            };
            caller.Batches.Add(batch.Id, batch);
            _inHand.Add(batch);
        });
    }

    private HostCaller CallerOf(RemoteMessage message)
    {
        if (!_callers.TryGetValue(message.Caller, out HostCaller? caller))
        {
            _callers[message.Caller] = caller = new HostCaller(message.Caller, message.KeyId) { LastHeard = _time.GetTimestamp() };
        }

        return caller;
    }

    /// <summary>Says that a task cannot be read, to whoever it says that it is of.</summary>
    private void Refuse(TaskDelivery delivery, RemoteReadFailure failure)
    {
        (Guid caller, uint call, long batch) = RemoteCodec.SenderOf(delivery.Body.Span);
        var writer = new BodyWriter();
        writer.Byte((byte)failure);
        writer.Int(RemoteCodec.Version);
        writer.Text(_options.Machine);
        Send(new HostCaller(caller, 0), new RemoteMessage { Kind = RemoteKind.Refused, Call = call, Batch = batch, Body = writer.Written });
    }

    /// <summary>Claims what there is a free slot for; where batches are short all that is in hand, so that the grant is there before the slot is.</summary>
    private void ClaimInHand()
    {
        if (!_isConnected)
        {
            return;
        }

        int taken = _active + _inHand.Count(b => b.State != HostBatchState.Prefetched);
        foreach (HostBatch batch in _inHand)
        {
            if (batch.State == HostBatchState.Prefetched && (IsShort || taken < _options.Slots))
            {
                taken++;
                batch.State = HostBatchState.Claimed;
                batch.Claim = ++_lastClaim;
                _claims.Add(batch.Claim, batch);
                SendClaim(batch, 0);
            }
        }
    }

    private void SendClaim(HostBatch batch, RemoteFlags flags)
    {
        batch.Since = _time.GetTimestamp();
        var writer = new BodyWriter();
        writer.Int(_options.Slots);
        writer.Text(_options.Machine);
        flags |= (batch.Caller.Engine is null ? 0 : RemoteFlags.Pool) | (batch.Caller.Calls.ContainsKey(batch.CallNumber) ? RemoteFlags.Call : 0);
        Send(batch.Caller, new RemoteMessage { Kind = RemoteKind.Claim, Flags = flags, Call = batch.CallNumber, Batch = batch.Id, Attempt = _epochNumber, Claim = batch.Claim, Body = writer.Written }, batch);
    }

    private void TakeGrant(HostCaller caller, RemoteMessage message)
    {
        var reader = new BodyReader(message.Body);
        Exception? failure = TakeSetups(caller, message, ref reader);
        if (!_claims.TryGetValue(message.Claim, out HostBatch? batch) || batch.Caller != caller || batch.Id != message.Batch)
        {
            // The batch has begun by this claim, or never will. One that has ended and is forgotten, the caller does not have any more either.
            if (caller.Batches.GetValueOrDefault(message.Batch)?.Claim != message.Claim)
            {
                SendReturned(caller, message.Call, message.Batch, message.Claim);
            }

            return;
        }

        if (batch.State != HostBatchState.Claimed)
        {
            return; // The grant came twice.
        }

        if (failure is not null)
        {
            Fail(batch, failure);
            return;
        }

        if ((message.Flags & RemoteFlags.Items) != 0)
        {
            batch.Items = reader.Rest();
            batch.HasItems = true;
        }

        if (caller.Engine is null || !batch.HasItems || !caller.Calls.TryGetValue(message.Call, out HostCall? call))
        {
            SendClaim(batch, RemoteFlags.Missing);
            return;
        }

        batch.Call = call;
        batch.State = HostBatchState.Granted;
        batch.Since = _time.GetTimestamp();
        _ready.Enqueue(batch);
    }

    /// <summary>Takes the setups that a grant brings; why that is not possible on this host, or null.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Whatever it is, it is what the caller's call fails with.")]
    private Exception? TakeSetups(HostCaller caller, RemoteMessage message, ref BodyReader reader)
    {
        RemotePoolSetup? pool = (message.Flags & RemoteFlags.Pool) != 0 ? RemotePoolSetup.Read(ref reader) : null;
        RemoteCallSetup? call = (message.Flags & RemoteFlags.Call) != 0 ? RemoteCallSetup.Read(ref reader) : null;
        try
        {
            caller.Engine ??= pool is null ? null : _makeEngine(pool);
            if (call is not null && caller.Engine is not null && !caller.Calls.ContainsKey(message.Call))
            {
                Open(caller, message.Call, call);
            }

            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>The call of a batch cannot be run on this host.</summary>
    private void Fail(HostBatch batch, Exception reason)
    {
        Acknowledge(batch);
        _inHand.Remove(batch);
        _claims.Remove(batch.Claim);
        batch.Pending.Add(RemoteResult.OfError(0, reason, RemoteResultContent.CallError));
        FlushResults(batch);
        batch.State = HostBatchState.Ended;
    }

    private void TakeDenial(HostCaller caller, RemoteMessage message)
    {
        if (_claims.TryGetValue(message.Claim, out HostBatch? batch) && batch.Caller == caller && batch.Id == message.Batch)
        {
            Acknowledge(batch);
            Forget(batch);
        }
    }

    private void Open(HostCaller caller, uint number, RemoteCallSetup setup)
    {
        var options = new CallOptions
        {
            IsOrdered = false,
            HasEnd = setup.HasEnd,
            IsForgottenAtOnce = setup.IsForgottenAtOnce,
            TaskTimeoutTicks = (long)(setup.TaskTimeout.TotalSeconds * System.Diagnostics.Stopwatch.Frequency),
            Window = int.MaxValue,
        };
        var call = new HostCall(caller, number, caller.Engine!.Open(options, setup.Setup)) { IsRetried = setup.IsRetried };
        caller.Calls.Add(number, call);
        call.Local.Changed += () => Do(() => _dirty.Enqueue(call));
    }

    /// <summary>Runs what was granted, as far as there are slots.</summary>
    private void Begin()
    {
        while (_active < _options.Slots && _ready.TryDequeue(out HostBatch? batch))
        {
            if (_claims.GetValueOrDefault(batch.Claim) == batch)
            {
                Begin(batch);
            }
        }
    }

    private void Begin(HostBatch batch)
    {
        if (ReadItems(batch.Items) is not { } items)
        {
            Fail(batch, new IpcException(IpcErrorKind.CorruptData, Messages.RemoteMessageCut));
            return;
        }

        _inHand.Remove(batch);
        _claims.Remove(batch.Claim);
        _active++;
        Begun++;
        batch.State = HostBatchState.Running;
        batch.Since = _time.GetTimestamp();
        SetIntake();
        Acknowledge(batch);
        HostCall call = batch.Call!;
        batch.FirstIndex = call.NextIndex;
        batch.Items = default;
        batch.Count = batch.Left = items.Count;
        call.Running.Add(batch);
        call.NextIndex += items.Count;
        call.Local.ThrottleLimit = call.Running.Count;
        foreach (ReadOnlyMemory<byte> item in items)
        {
            call.Local.Add(item.Span);
        }

        batch.Caller.Engine!.Flush();
    }

    /// <summary>The items of a batch; null for bytes that no caller wrote.</summary>
    private static List<ReadOnlyMemory<byte>>? ReadItems(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new BodyReader(body);
            int count = reader.Count(sizeof(int));
            ReadOnlyMemory<byte> ends = body.Slice(sizeof(int), count * sizeof(int));
            reader = new BodyReader(body[(sizeof(int) + ends.Length)..]);
            ReadOnlyMemory<byte> bytes = reader.Bytes();
            var items = new List<ReadOnlyMemory<byte>>(count);
            var end = new BodyReader(ends);
            for (int start = 0; !end.IsEmpty;)
            {
                int next = end.Int();
                if (next < start || next > bytes.Length)
                {
                    return null;
                }

                items.Add(bytes[start..next]);
                start = next;
            }

            return items.Count == 0 ? null : items;
        }
        catch (IpcException)
        {
            return null;
        }
    }

    /// <summary>Gives back what waits too long: another host may have a free slot.</summary>
    private void Return(HostBatch batch)
    {
        Acknowledge(batch);
        Forget(batch);
        SendReturned(batch.Caller, batch.CallNumber, batch.Id, batch.Claim);
    }

    private void SendReturned(HostCaller caller, uint call, long batch, long claim) =>
        Send(caller, new RemoteMessage { Kind = RemoteKind.Returned, Call = call, Batch = batch, Claim = claim });
}
