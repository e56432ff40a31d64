namespace PSIpc.Core.Pools.Remote;

/// <summary>Which hosts live, and what follows when one does not.</summary>
internal sealed partial class RemotePool
{
    private const int PingsPerSecond = 250;

    /// <inheritdoc/>
    public void OnConnected(Guid epoch)
    {
        lock (_gate)
        {
            _isConnected = true;
            _connectedAt = _wasConnected ? _time.GetTimestamp() : 0;
            _wasConnected = true;
            long now = _time.GetTimestamp();

            // Whether what was sent before has arrived is not known. All of it may come twice.
            foreach (RemoteBatch batch in _batches.Values)
            {
                if (batch.State == BatchState.Published)
                {
                    if (batch.Claim is null)
                    {
                        Publish(batch);
                    }
                }
                else if (batch.Items is null)
                {
                    SendEnd(batch);
                }
                else if (batch.NextPart == 0)
                {
                    SendGrant(batch, batch.Claim!);
                }
            }

            foreach (RemoteHost host in _hosts.Values)
            {
                host.LastPing = now;
                SendSettled(host, RemoteKind.Ping, RemoteFlags.Missing);
            }

            CheckHosts(now);
            StepOrFail();
        }

        Announce();
    }

    /// <inheritdoc/>
    public void OnLost(string reason)
    {
        lock (_gate)
        {
            if (_isConnected)
            {
                _lostAt = _time.GetTimestamp();
                _lostTime = DateTime.Now;
            }

            _isConnected = false;
            _lostReason = reason;
        }
    }

    /// <inheritdoc/>
    public void OnFailed(IpcException reason)
    {
        lock (_gate)
        {
            _isConnected = false;
            _failure = reason;
            FailAll(reason);
        }

        Flush();
    }

    /// <inheritdoc/>
    public void OnTask(TaskDelivery delivery)
    {
        // A caller has no intake.
    }

    /// <inheritdoc/>
    public void OnUnroutable(RoutedMessage message)
    {
        lock (_gate)
        {
            if (message.Tag is RemoteBatch batch && message.Route == MessageRoute.Tasks)
            {
                if (batch is { State: BatchState.Published, Claim: null, PublishAt: 0 })
                {
                    batch.PublishAt = After(_times.RefusalPause);
                }
            }
            else if (message.Route == MessageRoute.Host && _hosts.Values.FirstOrDefault(h => h.Epoch == message.Target) is { IsClosed: false } host)
            {
                host.IsClosed = true;
                NoteVanished(host);
                CheckHosts(host.VanishedAt);
            }

            StepOrFail();
        }

        Announce();
    }

    /// <summary>Asks hosts whether they are there, and decides what those had whose connection stays lost.</summary>
    private void CheckHosts(long now)
    {
        if (!_isConnected)
        {
            return;
        }

        int active = _hosts.Values.Count(h => h.Granted.Count > 0);
        var busyInterval = TimeSpan.FromSeconds(Math.Max(_times.PingInterval.TotalSeconds, (double)active / PingsPerSecond));
        foreach (RemoteHost host in _hosts.Values.ToArray())
        {
            if (host.VanishedAt == 0 && host.Granted.Count > 0 && _time.GetElapsedTime(Math.Max(host.LastHeard, _connectedAt), now) >= _times.SilenceTimeout)
            {
                NoteVanished(host); // Its connection lives, its process does not do its work.
            }

            if (host.VanishedAt != 0)
            {
                Lose(host, now);
                continue;
            }

            TimeSpan interval = host.Granted.Count > 0 ? busyInterval : _times.IdlePingInterval;
            if (host.LastPing == 0 || _time.GetElapsedTime(host.LastPing, now) >= interval)
            {
                host.LastPing = now;
                SendSettled(host, RemoteKind.Ping, host.LacksParts ? RemoteFlags.Missing : 0);
                host.LacksParts = false;
            }
            else if ((host.Settled.Count > 0 || host.OverCalls.Count > 0) && _time.GetElapsedTime(host.LastSettled, now) >= _times.SettleInterval && !IsHeldBack(host))
            {
                SendSettled(host, RemoteKind.Settled);
            }
        }
    }

    private void NoteVanished(RemoteHost host)
    {
        host.VanishedAt = _time.GetTimestamp();
        host.VanishedTime = DateTime.Now;
    }

    /// <summary>Whether the host is to keep results, because the consumer does not take those that have come.</summary>
    private static bool IsHeldBack(RemoteHost host) => host.Granted.Any(b => b.Call.Call.IsStuffed);

    /// <summary>Decides the batches of a host whose connection is lost, when the time has come that each may wait for it.</summary>
    private void Lose(RemoteHost host, long now)
    {
        // A restart of the broker costs all hosts their connections: they have time to come back.
        bool isUncertain = _connectedAt != 0 && _time.GetElapsedTime(_connectedAt, host.VanishedAt) < _times.FenceTimeout;
        foreach (RemoteBatch batch in host.Granted.ToArray())
        {
            bool isRetried = batch.Items is { Block.Attempts: var attempts } && attempts < batch.Call.Call.Options.RetryCount;
            TimeSpan grace = isRetried || isUncertain ? _times.RetryGrace : _times.LossGrace;
            if (_time.GetElapsedTime(Math.Max(host.VanishedAt, _connectedAt), now) >= grace)
            {
                Lose(host, batch);
            }
        }

        if (host.Granted.Count == 0)
        {
            Forget(host);
        }
    }

    /// <summary>A host is gone, or has drained. The ends of calls that it was to run are lost.</summary>
    private void Forget(RemoteHost host)
    {
        if (_hosts.Remove(host.Id))
        {
            _restarts += host.Restarts;
            foreach (RemoteCall call in _calls)
            {
                if (call.Served.Remove(host) && !call.Call.EndsGiven)
                {
                    Deliver(call, new ResultSegment(default, ResultFlags.Done | ResultFlags.Died, null, 0, 0, 0, 0, DeathOf(host)));
                }
            }
        }
    }

    private void Lose(RemoteHost host, RemoteBatch batch)
    {
        if (host.VanishedAt == 0)
        {
            NoteVanished(host);
        }

        WorkerDeath death = DeathOf(host);
        Remove(batch);
        RemoteCall call = batch.Call;
        if (call.Call.IsOver)
        {
            return;
        }

        if (batch.Items is not { } all)
        {
            Deliver(call, new ResultSegment(default, ResultFlags.Done | ResultFlags.Died, null, 0, 0, 0, 0, death));
            return;
        }

        for (int i = 0; i < all.Count; i++)
        {
            if (batch.IsDone(i) || call.Call.Retry(all.Block, all.First + i))
            {
                continue;
            }

            if (call.Call.Options.IsRecorded)
            {
                Log!.Add(new RecordedTask(batch.Since, Math.Max(0, host.VanishedAt - batch.Since), all.FirstIndex + i, call.Number, Worker(host.Id, 0).Number, 0, TaskOutcome.Died));
            }

            Deliver(call, new ResultSegment(default, ResultFlags.Done | ResultFlags.Died, all.Block, all.First + i, 0, Math.Max(1, batch.Since), 0, death));
        }
    }

    private static WorkerDeath DeathOf(RemoteHost host) => new(0, -1, null, Messages.RemoteHostLost.With(host.Machine, host.VanishedTime), "");

    /// <summary>Notes the epoch of a message; false for one of a former epoch, which is void.</summary>
    private static bool IsOfPresentEpoch(RemoteHost host, RemoteMessage message)
    {
        if (message.Attempt > host.EpochNumber)
        {
            host.Epoch = message.Epoch;
            host.EpochNumber = message.Attempt;
            host.IsClosed = false;
            host.VanishedAt = 0;
            host.LastPing = 0;
            host.SentSetups.Clear();
        }

        return message.Attempt == host.EpochNumber;
    }

    /// <summary>A host says what it has of this caller, after it has connected and when it is asked.</summary>
    private void TakeStatus(RemoteHost host, RemoteMessage message)
    {
        if (!IsOfPresentEpoch(host, message))
        {
            return;
        }

        var reader = new BodyReader(message.Body);
        host.Slots = reader.Int();
        host.Machine = reader.Text();
        host.Restarts = reader.Long();
        var begun = new HashSet<long>();
        for (int count = reader.Count(12); count > 0; count--)
        {
            long id = reader.Long();
            begun.Add(id);
            NoteBegun(host, id, reader.Int());
        }

        for (int count = reader.Count(sizeof(uint)); count > 0; count--)
        {
            uint call = (uint)reader.Int();
            if (Find(call) is null)
            {
                host.OverCalls.Add(call);
            }
        }

        foreach (RemoteBatch batch in host.Granted.Where(b => !begun.Contains(b.Id)).ToArray())
        {
            NoteNotBegun(host, batch);
        }

        host.Workers = ReadWorkers(host, ref reader);
    }

    /// <summary>A host has begun a batch, and sent parts of its results.</summary>
    private void NoteBegun(RemoteHost host, long id, int nextPart)
    {
        if (!_batches.TryGetValue(id, out RemoteBatch? batch) || batch.Host != host)
        {
            host.Settled[id] = nextPart; // That it need not keep them was lost.
            return;
        }

        host.LacksParts |= nextPart > batch.NextPart;
        if (batch.NextPart > 0)
        {
            host.Settled[id] = batch.NextPart;
        }
    }

    /// <summary>A host did not have a batch when it wrote its status.</summary>
    private void NoteNotBegun(RemoteHost host, RemoteBatch batch)
    {
        if (batch.Items is null)
        {
            if (_time.GetElapsedTime(batch.SentAt) >= _times.GrantTimeout)
            {
                SendEnd(batch);
            }
        }
        else if (batch.Claim!.Attempt < host.EpochNumber)
        {
            Requeue(batch); // Its claim went with the connection, and it has not begun by it: so it never will.
        }
        else if (batch.NextPart == 0 && _time.GetElapsedTime(batch.SentAt) >= _times.GrantTimeout)
        {
            SendGrant(batch, batch.Claim); // The grant was lost, or the return of its claim.
        }
    }

    private List<WorkerInfo> ReadWorkers(RemoteHost host, ref BodyReader reader)
    {
        var workers = new List<WorkerInfo>();
        for (int count = reader.Count(34); count > 0; count--)
        {
            int process = reader.Int();
            var state = (WorkerState)reader.Byte();
            DateTime started = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(reader.Long(), 0, 253_402_300_799_999)).LocalDateTime;
            workers.Add(new WorkerInfo(Worker(host.Id, process).Number, process, state, started, reader.Long(), reader.Int(), reader.Byte() != 0, reader.Long()) { Host = host.Machine });
        }

        return workers;
    }

    private string? FindWaitReason()
    {
        if (_calls.Count == 0)
        {
            return null;
        }

        long now = _time.GetTimestamp();
        if (!_isConnected)
        {
            return _time.GetElapsedTime(_lostAt, now) >= WorthSaying ? Messages.RemoteWaitingForServer.With(_lostTime, _lostReason) : null;
        }

        if (_transport.BlockedReason is { } blocked)
        {
            return Messages.RemoteWaitingBlocked.With(blocked);
        }

        if (_hosts.Values.FirstOrDefault(h => h.VanishedAt != 0 && h.Granted.Count > 0) is { } lost)
        {
            return Messages.RemoteWaitingForHost.With(lost.Machine, lost.VanishedTime);
        }

        bool isUnclaimed = _granted == 0 && _outstanding > 0 && _time.GetElapsedTime(_claimedAt, now) >= WorthSaying;
        return isUnclaimed ? _refusal ?? Messages.RemoteWaitingForHosts.With(Name, _claimedTime) : null;
    }
}
