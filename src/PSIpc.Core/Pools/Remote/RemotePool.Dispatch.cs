namespace PSIpc.Core.Pools.Remote;

/// <summary>Publishing tasks, and granting them to hosts. All under the pool's lock.</summary>
internal sealed partial class RemotePool
{
    /// <summary>The most batches that may be outstanding, so that callers that share hosts get equal shares.</summary>
    private int Window => Math.Max(MinOutstanding, 2 * Slots);

    /// <summary>Writes items as hosts read them: their number, the end of each, their bytes.</summary>
    internal static void WriteItems(BodyWriter writer, ItemRange items)
    {
        int start = items.Block.StartOf(items.First);
        writer.Int(items.Count);
        foreach (int end in items.Block.Ends(items.First, items.Count))
        {
            writer.Int(end - start);
        }

        writer.Bytes(items.Block.Bytes(items.First, items.Count));
    }

    /// <summary>How many batches of a limit may be outstanding: short ones are claimed ahead and granted when another is done, long ones are not published before.</summary>
    private static int LimitFor(int limit, RemoteCall call) =>
        limit <= 0 ? int.MaxValue : call.Call.Chunks.IsKnown && call.Call.Chunks.Average < 4 * ChunkSize.RemoteTarget ? 2 * limit : limit;

    private void Publish()
    {
        bool published = true;
        while (published && _outstanding < Window)
        {
            published = false;
            for (int i = 0; i < _calls.Count && _outstanding < Window; i++)
            {
                RemoteCall call = _calls[(_turn + i) % _calls.Count];
                published |= call.Call.HasWaiting
                    && _outstanding < LimitFor(_options.WorkerCount, call)
                    && call.Outstanding < LimitFor(call.Call.ThrottleLimit, call)
                    && TryPublish(call);
            }

            _turn = _calls.Count == 0 ? 0 : (_turn + 1) % _calls.Count;
        }
    }

    private bool TryPublish(RemoteCall call)
    {
        CallOptions options = call.Call.Options;
        int workers = Math.Max(1, Math.Min(Slots, options.ThrottleLimit > 0 ? options.ThrottleLimit : int.MaxValue));
        int most = options.ChunkSize > 0 ? options.ChunkSize : call.Call.Chunks.Next(call.Call.Waiting, workers);
        if (call.Call.Peek(most) is not { } items)
        {
            return false;
        }

        while (items.Count > 1 && items.Block.Bytes(items.First, items.Count).Length > InlineBytes)
        {
            items = items.Take(items.Count / 2);
        }

        int length = items.Block.Bytes(items.First, items.Count).Length;
        if (length > MessageParts.MaxContent)
        {
            call.Call.Remove(items.Count);
            Deliver(call, new ResultSegment(default, ResultFlags.Done | ResultFlags.Failed, items.Block, items.First, 0, 0, 0, null) { Refusal = TooLarge(length, Messages.RemoteItemNoun) });
            return true;
        }

        if (_outstanding > 0 && _outstandingBytes + length > CallOptions.WindowBytes)
        {
            return false;
        }

        call.Call.Remove(items.Count);
        var batch = new RemoteBatch(++_lastBatch, call, items);
        _batches.Add(batch.Id, batch);
        _outstanding++;
        _outstandingBytes += batch.Length;
        call.Outstanding++;
        Publish(batch);
        return true;
    }

    private void Publish(RemoteBatch batch)
    {
        batch.Since = _time.GetTimestamp();
        batch.PublishAt = 0;
        var writer = new BodyWriter();
        bool isInline = batch.Length <= InlineBytes;
        if (isInline)
        {
            WriteItems(writer, batch.Items!.Value);
        }

        Send(
            MessageRoute.Tasks,
            default,
            new RemoteMessage { Kind = RemoteKind.Task, Flags = isInline ? RemoteFlags.Items : 0, Call = batch.Call.Number, Batch = batch.Id, Attempt = batch.Items!.Value.Block.Attempts, Body = writer.Written },
            batch);
    }

    /// <summary>A host asks for a batch.</summary>
    private void TakeClaim(RemoteHost host, RemoteMessage claim)
    {
        _claimedAt = _time.GetTimestamp();
        _claimedTime = DateTime.Now;
        _refusal = null;
        if (!_batches.TryGetValue(claim.Batch, out RemoteBatch? batch) || batch.Items is null || batch.Call.Call.IsOver)
        {
            Deny(claim);
        }
        else if (batch.Claim is { } known && known.Host == claim.Host && known.Epoch == claim.Epoch && known.Claim == claim.Claim)
        {
            // It came twice, or its grant came without a setup that was lost.
            if (batch.State == BatchState.Granted)
            {
                if ((claim.Flags & RemoteFlags.Missing) != 0)
                {
                    host.SentSetups.Remove(0);
                    host.SentSetups.Remove(claim.Call);
                }

                SendGrant(batch, claim);
            }
        }
        else if (batch.Claim is not null)
        {
            Deny(claim);
        }
        else
        {
            batch.Claim = claim;
            batch.PublishAt = 0;
            if (CanGrant(batch))
            {
                Grant(batch, host);
            }
            else
            {
                _held.Enqueue(batch);
            }
        }
    }

    private bool CanGrant(RemoteBatch batch) =>
        (_options.WorkerCount <= 0 || _granted < _options.WorkerCount)
        && (batch.Call.Call.ThrottleLimit <= 0 || batch.Call.Granted < batch.Call.Call.ThrottleLimit);

    /// <summary>Grants claims that were held, in their order, as far as the limits allow.</summary>
    private void GrantHeld()
    {
        for (int i = _held.Count; i > 0; i--)
        {
            RemoteBatch batch = _held.Dequeue();
            if (batch.State != BatchState.Published || batch.Claim is not { } claim || !_batches.ContainsKey(batch.Id))
            {
                continue;
            }

            if (!CanGrant(batch))
            {
                _held.Enqueue(batch);
            }
            else if (_hosts.TryGetValue(claim.Host, out RemoteHost? host) && host.Epoch == claim.Epoch && host.VanishedAt == 0)
            {
                Grant(batch, host);
            }
            else
            {
                batch.Claim = null; // Its host has lost the connection, and with it the claim.
                Publish(batch);
            }
        }
    }

    private void Grant(RemoteBatch batch, RemoteHost host)
    {
        batch.State = BatchState.Granted;
        batch.Host = host;
        batch.Since = _time.GetTimestamp();
        batch.Call.Granted++;
        _granted++;
        host.Granted.Add(batch);
        if (batch.Call.Call.Options.HasEnd)
        {
            batch.Call.Served.Add(host);
        }

        SendGrant(batch, batch.Claim!);
    }

    private void SendGrant(RemoteBatch batch, RemoteMessage claim)
    {
        RemoteHost host = batch.Host!;
        batch.SentAt = _time.GetTimestamp();
        RemoteFlags flags = 0;
        var writer = new BodyWriter();
        if ((claim.Flags & RemoteFlags.Pool) == 0 && host.SentSetups.Add(0))
        {
            flags |= RemoteFlags.Pool;
            writer.Raw(_setup.Span);
        }

        bool isNew = host.SentSetups.Add(batch.Call.Number);
        if ((claim.Flags & RemoteFlags.Call) == 0 && isNew)
        {
            flags |= RemoteFlags.Call;
            writer.Raw(batch.Call.Setup.Span);
        }

        if (batch.Length > InlineBytes)
        {
            flags |= RemoteFlags.Items;
            WriteItems(writer, batch.Items!.Value);
        }

        SendToHost(host, new RemoteMessage { Kind = RemoteKind.Grant, Flags = flags, Call = batch.Call.Number, Batch = batch.Id, Attempt = batch.Items!.Value.Block.Attempts, Claim = claim.Claim, Body = writer.Written });
    }

    private void Deny(RemoteMessage claim) => Send(
        MessageRoute.Host, claim.Epoch, new RemoteMessage { Kind = RemoteKind.Deny, Host = claim.Host, Epoch = claim.Epoch, Call = claim.Call, Batch = claim.Batch, Claim = claim.Claim });

    private void SendEnd(RemoteBatch batch)
    {
        batch.SentAt = _time.GetTimestamp();
        SendToHost(batch.Host!, new RemoteMessage { Kind = RemoteKind.End, Call = batch.Call.Number, Batch = batch.Id });
    }

    /// <summary>Has all hosts stop a call. One that this does not reach names the call in its next status, and is told again.</summary>
    private void SendCancel(uint call, TimeSpan grace)
    {
        var writer = new BodyWriter();
        writer.Long(grace.Ticks);
        Send(MessageRoute.AllHosts, default, new RemoteMessage { Kind = RemoteKind.Cancel, Call = call, Body = writer.Written });
    }

    private void SendToHost(RemoteHost host, RemoteMessage message) => Send(MessageRoute.Host, host.Epoch, message with { Host = host.Id, Epoch = host.Epoch }, host);

    private void Send(MessageRoute route, Guid target, RemoteMessage message, object? tag = null)
    {
        if (!_isConnected)
        {
            return; // What matters is sent when the connection is there again.
        }

        // A task may wait in its queue for long; a claim of it is answered, or not.
        long expiry = route == MessageRoute.Tasks ? 0 : _time.GetUtcNow().Add(_times.Expiry).ToUnixTimeMilliseconds();
        RemoteMessage complete = message with { Caller = _id, Expiry = expiry };
        if (message.Body.Length <= MessageParts.MaxPiece)
        {
            _transport.Publish(new RoutedMessage(route, target, _codec.Write(complete)) { Tag = tag });
            return;
        }

        foreach (ReadOnlyMemory<byte> part in MessageParts.Split(_codec.Write(complete)))
        {
            _transport.Publish(new RoutedMessage(route, target, _codec.Write(complete with { Kind = RemoteKind.Part, Body = part })) { Tag = tag });
        }
    }

    /// <summary>The batch is no more: its items are done, or wait again.</summary>
    private void Remove(RemoteBatch batch)
    {
        if (!_batches.Remove(batch.Id))
        {
            return;
        }

        batch.Host?.Granted.Remove(batch);
        if (batch.Items is null)
        {
            batch.Call.Call.EndsLeft--;
            return;
        }

        _outstanding--;
        _outstandingBytes -= batch.Length;
        batch.Call.Outstanding--;
        if (batch.State == BatchState.Granted)
        {
            _granted--;
            batch.Call.Granted--;
        }
    }

    /// <summary>The items of a batch that have no result have not begun, and wait again.</summary>
    private void Requeue(RemoteBatch batch)
    {
        Remove(batch);
        if (!batch.Call.Call.IsOver)
        {
            foreach (ItemRange items in batch.Unfinished().Reverse())
            {
                batch.Call.Call.PutBack(items);
            }
        }
    }

    /// <summary>Publishes again what no host has claimed for long, if the broker does not have it any more.</summary>
    private void CheckTasks(long now)
    {
        if (!_isConnected)
        {
            return;
        }

        bool isStale = false;
        foreach (RemoteBatch batch in _batches.Values)
        {
            if (batch.State == BatchState.Published && batch.Claim is null)
            {
                if (batch.PublishAt != 0 && now >= batch.PublishAt)
                {
                    Publish(batch);
                }

                isStale |= _time.GetElapsedTime(batch.Since, now) > _times.UnclaimedTimeout;
            }
        }

        if (isStale && _time.GetElapsedTime(_inspectedAt, now) > _times.UnclaimedTimeout)
        {
            _inspectedAt = now;
            _ = InspectAsync();
        }
    }

    private async Task InspectAsync()
    {
        QueueState? state;
        try
        {
            state = await _transport.InspectAsync(MessageRoute.Tasks, default).ConfigureAwait(false);
        }
        catch (IpcException)
        {
            return; // Asked again soon.
        }

        if (state is { Messages: > 0 })
        {
            return;
        }

        lock (_gate)
        {
            long now = _time.GetTimestamp();
            foreach (RemoteBatch batch in _batches.Values)
            {
                if (_isConnected && batch.State == BatchState.Published && batch.Claim is null && _time.GetElapsedTime(batch.Since, now) > _times.UnclaimedTimeout)
                {
                    Publish(batch);
                }
            }
        }
    }
}
