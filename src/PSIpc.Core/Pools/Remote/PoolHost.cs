namespace PSIpc.Core.Pools.Remote;

/// <summary>How a host serves a pool.</summary>
internal sealed record PoolHostOptions
{
    /// <summary>The pool's name.</summary>
    public required string Pool { get; init; }

    /// <summary>Batches that run at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>Keys of which each message has to be signed with one; none for messages without a signature.</summary>
    public IReadOnlyList<byte[]> Keys { get; init; } = [];

    /// <summary>The machine's name, for people.</summary>
    public string Machine { get; init; } = Environment.MachineName;

    public RemoteTimes Times { get; init; } = new();
}

/// <summary>The host's side of a pool over many machines: receives tasks, claims them, runs those that are granted in a pool of its own for each caller, and keeps results until the caller has them.</summary>
/// <remarks>
/// A batch begins at most once: only by the grant of an open claim. A claim is open from when it is made until the batch begins by it, is denied or returned, or the connection is lost; its number is never used again.
/// So the caller may give a batch to another host when this one says that the claim is void (Returned), or names its batches in a later epoch without it (Status). All state is under one lock; there is no thread.
/// </remarks>
internal sealed partial class PoolHost : IMessageTransportHandler, IDisposable
{
    private const long MaxUnsettled = 16 << 20;
    private const int FlushBytes = 256 << 10;
    private const double Smoothing = 0.25;
    private static readonly TimeSpan TickTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan IdleTickTime = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly PoolHostOptions _options;
    private readonly RemoteTimes _times;
    private readonly IMessageTransport _transport;
    private readonly Func<RemotePoolSetup, IPoolEngine> _makeEngine;
    private readonly TimeProvider _time;
    private readonly RemoteCodec _codec;
    private readonly MessageParts _parts;
    private readonly ITimer _timer;
    private readonly Dictionary<Guid, HostCaller> _callers = [];
    private readonly Dictionary<long, HostBatch> _claims = [];
    private readonly List<HostBatch> _inHand = [];
    private readonly Queue<HostBatch> _ready = new();
    private readonly Queue<HostCall> _dirty = new();
    private readonly List<ResultSegment> _segments = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Guid _epoch;
    private int _epochNumber;
    private long _lastClaim;
    private int _active;
    private int _intake;
    private double _average = -1;
    private long _timerDue = long.MaxValue;
    private long _lostAt;
    private bool _isConnected;
    private bool _isDraining;
    private bool _isInside;
    private bool _isDisposed;

    /// <param name="options">How it serves.</param>
    /// <param name="transport">Its end at the broker.</param>
    /// <param name="makeEngine">Makes a pool for a caller.</param>
    /// <param name="time">The clock.</param>
    public PoolHost(PoolHostOptions options, IMessageTransport transport, Func<RemotePoolSetup, IPoolEngine> makeEngine, TimeProvider time)
    {
        _options = options;
        _times = options.Times;
        _transport = transport;
        _makeEngine = makeEngine;
        _time = time;
        _codec = new RemoteCodec(options.Pool, options.Keys);
        _parts = new MessageParts(time);
        _lostAt = time.GetTimestamp();
        _timer = time.CreateTimer(static host => ((PoolHost)host!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        transport.Start(this);
    }

    /// <summary>Ends when the host has drained, or cannot connect any more.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Batches that were begun, ever.</summary>
    public long Begun { get; private set; }

    /// <summary>Callers that it has workers for.</summary>
    public int Callers
    {
        get
        {
            lock (_gate)
            {
                return _callers.Values.Count(c => c.Engine is not null);
            }
        }
    }

    /// <summary>Takes no more tasks, and ends when what runs has ended and its callers have the results.</summary>
    public void Drain() => Do(() =>
    {
        _isDraining = true;
        foreach (HostBatch batch in _inHand.ToArray())
        {
            Return(batch);
        }
    });

    /// <summary>Kills all workers: what runs is lost.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            foreach (HostCaller caller in _callers.Values.ToArray())
            {
                Drop(caller);
            }
        }

        _timer.Dispose();
        _transport.Dispose();
        _drained.TrySetResult();
    }

    /// <inheritdoc/>
    public void OnConnected(Guid epoch) => Do(() =>
    {
        Fence(_time.GetTimestamp());
        _epoch = epoch;
        _epochNumber++;
        _isConnected = true;
        foreach (HostCaller caller in _callers.Values)
        {
            SendAgain(caller);
            SendStatus(caller); // Claims of former epochs are void: what it does not name has not begun by one of them.
        }
    });

    /// <summary>Sends all results that a caller may not have.</summary>
    private void SendAgain(HostCaller caller)
    {
        foreach (HostBatch batch in caller.Batches.Values)
        {
            foreach ((int _, ReadOnlyMemory<byte> body) in batch.Unsettled)
            {
                SendPart(batch, body);
            }
        }
    }

    /// <inheritdoc/>
    public void OnLost(string reason) => Do(() =>
    {
        _lostAt = _isConnected ? _time.GetTimestamp() : _lostAt;
        _isConnected = false;
        _intake = 0;
        foreach (HostCaller caller in _callers.Values)
        {
            caller.AbsentSince = 0;
        }

        foreach (HostBatch batch in _inHand.ToArray())
        {
            batch.Delivery = null; // The broker gives it to another host.
            Forget(batch);
        }
    });

    /// <inheritdoc/>
    public void OnFailed(IpcException reason)
    {
        OnLost(reason.Message);
        _drained.TrySetException(reason);
    }

    /// <inheritdoc/>
    public void OnUnroutable(RoutedMessage message)
    {
        if (message.Route == MessageRoute.Caller)
        {
            Do(() =>
            {
                if (_callers.TryGetValue(message.Target, out HostCaller? caller))
                {
                    DropTasks(caller);
                    Inspect(caller);
                }
            });
        }
    }

    /// <summary>Does something under the lock, and then what follows from it.</summary>
    private void Do(Action work)
    {
        lock (_gate)
        {
            if (_isInside)
            {
                work();
                return;
            }

            _isInside = true;
            try
            {
                if (!_isDisposed)
                {
                    work();
                    Step();
                }
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.CorruptData)
            {
                // A message that no caller wrote.
            }
            finally
            {
                _isInside = false;
            }
        }
    }

    private void Step()
    {
        do
        {
            while (_dirty.TryDequeue(out HostCall? call))
            {
                Collect(call);
            }

            ClaimInHand();
            Begin();
        }
        while (_dirty.Count > 0);

        SetIntake();
        if (_isDraining && _active == 0 && _callers.Values.All(c => c.Batches.Count == 0))
        {
            foreach (HostCaller caller in _callers.Values.ToArray())
            {
                SendGoodbye(caller.Id, caller.HostId, caller.KeyId);
                Drop(caller);
            }

            _drained.TrySetResult();
        }

        bool isPending = _callers.Values.Any(c => c.Batches.Values.Any(b => b.Pending.Count > 0));
        Schedule(isPending ? _times.CollectTime : _inHand.Count > 0 ? TickTime : IdleTickTime);
    }

    /// <summary>A slot that is free has a consumer, and one that is busy has one where the next batch is to be there when it is free.</summary>
    private void SetIntake()
    {
        int wanted = _isDraining || !_isConnected ? 0 : IsShort ? _options.Slots : Math.Max(0, _options.Slots - _active);
        if (wanted != _intake)
        {
            _intake = wanted;
            _transport.SetIntake(wanted);
        }
    }

    private bool IsShort => _average >= 0 && _average < _times.AheadBelow.TotalSeconds;

    private void Schedule(TimeSpan time)
    {
        long due = _time.GetTimestamp() + (long)(time.TotalSeconds * _time.TimestampFrequency);
        if (due < _timerDue && !_isDisposed)
        {
            _timerDue = due;
            _timer.Change(time, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick() => Do(() =>
    {
        _timerDue = long.MaxValue;
        long now = _time.GetTimestamp();
        if (!_isConnected)
        {
            Fence(now);
            return;
        }

        foreach (HostBatch batch in _active >= _options.Slots ? _inHand.ToArray() : [])
        {
            if (_time.GetElapsedTime(batch.ReceivedAt, now) >= _times.ReturnAfter)
            {
                _average = Math.Max(_average, _times.ReturnAfter.TotalSeconds);
                Return(batch);
            }
        }

        foreach (HostCaller caller in _callers.Values.ToArray())
        {
            foreach (HostBatch batch in caller.Batches.Values.ToArray())
            {
                FlushResults(batch);
            }

            Check(caller, now);
        }
    });

    /// <summary>Asks the broker for callers that say nothing although they should, and forgets those that need nothing.</summary>
    private void Check(HostCaller caller, long now)
    {
        if (caller.Batches.Count == 0)
        {
            if (_time.GetElapsedTime(caller.LastHeard, now) >= _times.IdleCallerTimeout)
            {
                Drop(caller);
            }

            return;
        }

        bool isUnanswered = caller.Batches.Values.Any(b => b.State == HostBatchState.Claimed && _time.GetElapsedTime(b.Since, now) >= _times.ClaimTimeout);
        if ((isUnanswered || _time.GetElapsedTime(caller.LastHeard, now) >= _times.CallerSilence) && _time.GetElapsedTime(caller.LastInspected, now) >= _times.ClaimTimeout)
        {
            Inspect(caller);
        }
    }

    private void Inspect(HostCaller caller)
    {
        caller.LastInspected = _time.GetTimestamp();
        _ = InspectAsync(caller);
    }

    private async Task InspectAsync(HostCaller caller)
    {
        QueueState? state;
        try
        {
            state = await _transport.InspectAsync(MessageRoute.Caller, caller.Id).ConfigureAwait(false);
        }
        catch (IpcException)
        {
            return; // Not known now; asked again soon.
        }

        Do(() =>
        {
            if (!_isConnected || _callers.GetValueOrDefault(caller.Id) != caller)
            {
                return;
            }

            if (state is null)
            {
                Drop(caller);
            }
            else if (state is { Consumers: > 0 })
            {
                // What was said to the caller, or its answer, was lost.
                caller.AbsentSince = 0;
                SendStatus(caller);
                foreach (HostBatch batch in caller.Batches.Values)
                {
                    if (batch.State == HostBatchState.Claimed && _time.GetElapsedTime(batch.Since) >= _times.ClaimTimeout)
                    {
                        SendClaim(batch, 0);
                    }
                }
            }
            else
            {
                long now = _time.GetTimestamp();
                caller.AbsentSince = caller.AbsentSince == 0 ? now : caller.AbsentSince;
                DropTasks(caller);
                if (_time.GetElapsedTime(caller.AbsentSince, now) >= _times.FenceTimeout)
                {
                    Drop(caller);
                }
            }
        });
    }

    /// <summary>The host is taken to be lost when it has been away for long: what may be run again elsewhere does not go on here.</summary>
    private void Fence(long now)
    {
        TimeSpan away = _isConnected ? TimeSpan.Zero : _time.GetElapsedTime(_lostAt, now);
        foreach (HostCaller caller in _callers.Values.ToArray())
        {
            if (away >= _times.OutageTimeout || (away >= _times.FenceTimeout && caller.Calls.Values.Any(c => c.IsRetried && c.Running.Count > 0)))
            {
                Drop(caller);
            }
        }
    }

    /// <summary>A caller that is away publishes again what was not granted to it.</summary>
    private void DropTasks(HostCaller caller)
    {
        foreach (HostBatch batch in _inHand.Where(b => b.Caller == caller && b.State != HostBatchState.Granted).ToArray())
        {
            Acknowledge(batch);
            Forget(batch);
        }
    }

    /// <summary>A caller needs nothing any more: its workers end.</summary>
    private void Drop(HostCaller caller)
    {
        foreach (HostBatch batch in caller.Batches.Values.ToArray())
        {
            Acknowledge(batch);
            EndRun(batch);
            Forget(batch);
        }

        foreach (HostCall call in caller.Calls.Values)
        {
            call.IsOver = true;
        }

        caller.Calls.Clear();
        _callers.Remove(caller.Id);
        caller.Engine?.Dispose();
    }

    private void Acknowledge(HostBatch batch)
    {
        if (batch.Delivery is { } delivery)
        {
            batch.Delivery = null;
            _transport.Acknowledge(delivery);
        }
    }

    private void Forget(HostBatch batch)
    {
        _inHand.Remove(batch);
        _claims.Remove(batch.Claim);
        batch.Caller.Batches.Remove(batch.Id);
    }

    private void Send(HostCaller caller, RemoteMessage message, object? tag = null)
    {
        if (!_isConnected)
        {
            return; // What matters is sent when the connection is there again.
        }

        RemoteMessage complete = message with
        {
            Caller = caller.Id,
            Host = message.Host == default ? caller.HostId : message.Host,
            Epoch = _epoch,
            KeyId = caller.KeyId,
            Flags = message.Flags | RemoteFlags.FromHost,
            Expiry = _time.GetUtcNow().Add(_times.Expiry).ToUnixTimeMilliseconds(),
        };
        if (message.Body.Length <= MessageParts.MaxPiece)
        {
            _transport.Publish(new RoutedMessage(MessageRoute.Caller, caller.Id, _codec.Write(complete)) { Tag = tag });
            return;
        }

        foreach (ReadOnlyMemory<byte> part in MessageParts.Split(_codec.Write(complete)))
        {
            _transport.Publish(new RoutedMessage(MessageRoute.Caller, caller.Id, _codec.Write(complete with { Kind = RemoteKind.Part, Body = part })) { Tag = tag });
        }
    }
}
