using System.Diagnostics;
using PSIpc.Core.Diagnostics;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Remote;

/// <summary>How a pool over many machines is made.</summary>
internal sealed record RemotePoolOptions
{
    public required string Name { get; init; }

    /// <summary>The most batches that are granted at a time; 0 for as many as hosts have slots for.</summary>
    public int WorkerCount { get; init; }

    public RemotePoolSetup Setup { get; init; } = new(0, 0, default);

    /// <summary>The key that messages are signed with; null for none.</summary>
    public byte[]? Key { get; init; }

    public RemoteTimes Times { get; init; } = new();
}

/// <summary>The caller's side of a pool over many machines: publishes batches of items, grants them to hosts that claim them, and takes their results.</summary>
/// <remarks>
/// <para>
/// Accounting: an item waits in its call, or is in one batch, or is done. A batch is published until it is granted to one host, once. From then on its items count as begun on that host until their results come, the host
/// says that it has not begun and will not, or the host is lost. The broker decides nothing: a task that it delivers twice leads to a second claim, which is denied, and one that it loses is published again.
/// </para>
/// <para>All state is under one lock. There is no thread: the transport's callbacks, callers of the pool, and one timer do the work.</para>
/// </remarks>
internal sealed partial class RemotePool : IPoolEngine, IMessageTransportHandler
{
    private const int MinOutstanding = 16;
    private const int MinWindow = 4 * CallOptions.DefaultWindow;
    private const int InlineBytes = 256 << 10;
    private const int SettleBytes = 1 << 20;
    private static readonly TimeSpan SoonTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan TickTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan IdleTickTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly RemotePoolOptions _options;
    private readonly RemoteTimes _times;
    private readonly IMessageTransport _transport;
    private readonly TimeProvider _time;
    private readonly RemoteCodec _codec;
    private readonly MessageParts _parts;
    private readonly ITimer _timer;
    private readonly Guid _id;
    private readonly ReadOnlyMemory<byte> _setup;
    private readonly List<RemoteCall> _calls = [];
    private readonly List<PoolCall> _streams = [];
    private readonly List<PoolCall> _touched = [];
    private readonly Dictionary<long, RemoteBatch> _batches = [];
    private readonly Queue<RemoteBatch> _held = new();
    private readonly Dictionary<Guid, RemoteHost> _hosts = [];
    private readonly Dictionary<(Guid Host, int Process), (int Number, long RecordedUntil)> _workers = [];
    private uint _lastCall;
    private long _lastBatch;
    private int _turn;
    private int _outstanding;
    private int _granted;
    private long _outstandingBytes;
    private long _timerDue = long.MaxValue;
    private long _completed;
    private long _failed;
    private long _restarts;
    private bool _isConnected;
    private bool _wasConnected;
    private long _connectedAt;
    private DateTime _lostTime = DateTime.Now;
    private long _lostAt;
    private string _lostReason = "";
    private string? _refusal;
    private DateTime _claimedTime = DateTime.Now;
    private long _claimedAt;
    private long _inspectedAt;
    private IpcException? _failure;
    private bool _isClosing;
    private bool _isShutDown;
    private bool _isGone;

    /// <param name="options">How it is made.</param>
    /// <param name="id">The caller's id, which its transport has too.</param>
    /// <param name="transport">Its end at the broker.</param>
    /// <param name="time">The clock.</param>
    public RemotePool(RemotePoolOptions options, Guid id, IMessageTransport transport, TimeProvider time)
    {
        _options = options;
        _times = options.Times;
        _id = id;
        _transport = transport;
        _time = time;
        _codec = new RemoteCodec(options.Name, options.Key is null ? [] : [options.Key]);
        _parts = new MessageParts(time);
        var writer = new BodyWriter();
        options.Setup.WriteTo(writer);
        RequireSize(writer.Length, Messages.RemoteSetupNoun);
        _setup = writer.Written;
        _claimedAt = _lostAt = time.GetTimestamp();
        _timer = time.CreateTimer(static pool => ((RemotePool)pool!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        transport.Start(this);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public int WorkerCount => _options.WorkerCount;

    /// <inheritdoc/>
    public TaskLog? Log { get; private set; }

    /// <inheritdoc/>
    public bool IsClosed => Locked(static p => p._isClosing);

    /// <inheritdoc/>
    public bool HasCalls => Locked(static p => p._calls.Count > 0);

    /// <inheritdoc/>
    public bool HasReadyWorker => Locked(static p => p._hosts.Values.Any(h => h.VanishedAt == 0));

    /// <inheritdoc/>
    public int StartingWorkers => Locked(static p => p._hosts.Values.Sum(h => h.Workers.Count(w => w.State == WorkerState.Starting)));

    /// <inheritdoc/>
    public IReadOnlyList<WorkerInfo> Workers => Locked(static p => p._hosts.Values.Where(h => h.VanishedAt == 0).SelectMany(h => h.Workers).OrderBy(w => w.Number).ToArray());

    /// <inheritdoc/>
    public PoolCounts Counts => Locked(static p =>
    {
        WorkerInfo[] workers = [.. p._hosts.Values.Where(h => h.VanishedAt == 0).SelectMany(h => h.Workers)];
        long busy = Math.Min(p._granted, p._hosts.Values.Sum(h => Math.Min(h.Granted.Count, h.Slots)));
        long items = p._batches.Values.Sum(b => (long)b.Left);
        return new PoolCounts(Math.Max(workers.Length, busy), busy, p._calls.Sum(c => c.Call.Waiting) + items - busy, busy, p._completed, p._failed, p._restarts + p._hosts.Values.Sum(h => h.Restarts));
    });

    /// <inheritdoc/>
    public IReadOnlyList<CallInfo> Calls => Locked(static p => p._calls.Select(c => new CallInfo(c.Call, c.Granted)).ToArray());

    /// <inheritdoc/>
    public string? WaitReason => Locked(static p => p.FindWaitReason());

    private int Slots
    {
        get
        {
            int slots = 0;
            foreach (RemoteHost host in _hosts.Values)
            {
                slots += host.VanishedAt == 0 ? host.Slots : 0;
            }

            return slots;
        }
    }

    /// <inheritdoc/>
    public PoolCall Open(CallOptions options, ReadOnlyMemory<byte> setup)
    {
        RequireSize(setup.Length, Messages.RemoteSetupNoun);
        var writer = new BodyWriter();
        new RemoteCallSetup(options.HasEnd, options.IsForgottenAtOnce, options.RetryCount > 0, TimeSpan.FromSeconds((double)options.TaskTimeoutTicks / Stopwatch.Frequency), setup).WriteTo(writer);
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw new IpcException(_failure.Kind, _failure.Message, Name, _failure);
            }

            if (_isClosing)
            {
                throw ClosedError();
            }

            Log ??= options.IsRecorded ? new TaskLog() : null;
            // A batch is longer here than between processes of one machine, and each worker has two.
            options = options with { Window = Math.Max(options.Window, MinWindow) };
            var call = new PoolCall(this, ++_lastCall, options, default, new ChunkSize(ChunkSize.RemoteTarget));
            _calls.Add(new RemoteCall(call, writer.Written));
            _streams.Add(call);
            IpcEvents.Log.CallBegun(Name, call.Number);
            if (_calls.Count == 1)
            {
                _claimedAt = _time.GetTimestamp();
                _claimedTime = DateTime.Now;
            }

            Schedule(TickTime);
            return call;
        }
    }

    /// <inheritdoc/>
    public bool MayWait(PoolCall call) => true;

    /// <summary>None: <see cref="WaitReason"/> says what a call of this pool waits for.</summary>
    public IReadOnlyList<CallInfo> BlockersOf(PoolCall call) => [];

    /// <inheritdoc/>
    public void Grow(int workers)
    {
        // Hosts decide how many there are.
    }

    /// <inheritdoc/>
    public (int ProcessId, long StartedAt)? RunnerOf(PoolCall call)
    {
        lock (_gate)
        {
            RemoteBatch? batch = _batches.Values.FirstOrDefault(b => b.State == BatchState.Granted && b.Call.Call == call);
            return batch is null ? null : (0, batch.Since);
        }
    }

    /// <inheritdoc/>
    public bool IsRunning(PoolCall call, long index)
    {
        lock (_gate)
        {
            return _batches.Values.Any(b => b.State == BatchState.Granted && b.Call.Call == call && b.Items is { } items
                && index >= items.FirstIndex && index < items.FirstIndex + items.Count && !b.IsDone((int)(index - items.FirstIndex)));
        }
    }

    /// <inheritdoc/>
    public void Flush(bool waits = false)
    {
        lock (_gate)
        {
            StepOrFail();
        }

        Announce();
    }

    /// <inheritdoc/>
    public void Wake()
    {
        lock (_gate)
        {
            Schedule(SoonTime);
        }
    }

    /// <inheritdoc/>
    public void EndInput(PoolCall call, bool waits)
    {
        lock (_gate)
        {
            _streams.Remove(call);
        }

        Flush(waits);
    }

    /// <inheritdoc/>
    public bool Help(PoolCall call, Func<PoolCall, bool> until)
    {
        Flush();
        return call.Holds(until);
    }

    /// <inheritdoc/>
    public void Cancel(PoolCall call, TimeSpan grace, bool keepsDone)
    {
        lock (_gate)
        {
            if (!call.IsOver && Find(call) is { } remote)
            {
                call.End(cancelled: true, keepsDone: keepsDone);
                Stop(remote, grace);
            }
        }

        Flush();
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            _isClosing = true;
        }

        Flush();
    }

    /// <inheritdoc/>
    public bool WaitUntilGone(Deadline deadline, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static state =>
            {
                lock (state!)
                {
                    Monitor.PulseAll(state);
                }
            },
            _gate);
        lock (_gate)
        {
            while (!_isGone)
            {
                cancellation.ThrowIfCancellationRequested();
                if (deadline.IsOver)
                {
                    return false;
                }

                Monitor.Wait(_gate, deadline.Milliseconds());
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosing = true;
            FailAll(ClosedError());
        }

        Flush();
    }

    private static void RequireSize(long bytes, string what)
    {
        if (bytes > MessageParts.MaxContent)
        {
            throw TooLarge(bytes, what);
        }
    }

    /// <summary>The error for what is too large to travel.</summary>
    internal static IpcException TooLarge(long bytes, string what) =>
        new(IpcErrorKind.MessageTooLarge, Messages.RemoteContentTooLarge.With(what, bytes, MessageParts.MaxContent));

    private T Locked<T>(Func<RemotePool, T> read)
    {
        lock (_gate)
        {
            return read(this);
        }
    }

    private RemoteCall? Find(PoolCall call) => _calls.Find(c => c.Call == call);

    private RemoteCall? Find(uint number) => _calls.Find(c => c.Number == number);

    private IpcException ClosedError() => new(IpcErrorKind.Closed, Messages.PoolRemoved.With(Name), Name);

    private void Touch(PoolCall call)
    {
        if (!_touched.Contains(call))
        {
            _touched.Add(call);
        }
    }

    /// <summary>Tells those who wait, without the lock.</summary>
    private void Announce()
    {
        PoolCall[] touched;
        lock (_gate)
        {
            if (_touched.Count == 0)
            {
                return;
            }

            touched = [.. _touched];
            _touched.Clear();
        }

        foreach (PoolCall call in touched)
        {
            call.Announce();
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            _timerDue = long.MaxValue;
            if (!_isGone)
            {
                CheckHosts(_time.GetTimestamp());
                CheckTasks(_time.GetTimestamp());
                StepOrFail();
            }
        }

        Announce();
    }

    /// <summary>Has the timer come after some time, unless it comes earlier.</summary>
    private void Schedule(TimeSpan time)
    {
        long due = After(time);
        if (due < _timerDue && !_isGone)
        {
            _timerDue = due;
            _timer.Change(time, Timeout.InfiniteTimeSpan);
        }
    }

    private long After(TimeSpan time) => After(_time.GetTimestamp(), time);

    private long After(long from, TimeSpan time) => from + (long)(time.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Runs one step. An unexpected exception fails the open calls instead of escaping, because the thread may be another call's or the transport's.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "The thread is another call's, or the transport's.")]
    private void StepOrFail()
    {
        try
        {
            Step();
        }
        catch (Exception e)
        {
            FailAll(e);
        }
    }

    private void Step()
    {
        if (_isShutDown)
        {
            return;
        }

        EndCalls();
        if (_isConnected)
        {
            GrantHeld();
            Publish();
        }

        EndCalls();
        bool hasRoom = _outstanding < Window;
        bool keepsWaiting = false;
        foreach (PoolCall call in _streams)
        {
            call.SetHungry(hasRoom && !call.HasWaiting);
            keepsWaiting |= call.KeepsWorkersWaiting;
        }

        if (_isClosing && _calls.Count == 0)
        {
            ShutDown();
            return;
        }

        Schedule(keepsWaiting ? SoonTime : _calls.Count > 0 || _batches.Count > 0 ? TickTime : IdleTickTime);
    }

    private void EndCalls()
    {
        for (int i = _calls.Count - 1; i >= 0; i--)
        {
            RemoteCall call = _calls[i];
            if (!call.Call.EndsGiven && call.Call.IsThrough)
            {
                call.Call.EndsGiven = true;
                foreach (RemoteHost host in call.Served)
                {
                    BeginEnd(call, host);
                }
            }

            if (call.Call.EndsGiven && call.Call.EndsLeft == 0)
            {
                call.Call.End();
                Retire(call);
            }
        }
    }

    /// <summary>Has a host run what comes at the end of a call.</summary>
    private void BeginEnd(RemoteCall call, RemoteHost host)
    {
        var batch = new RemoteBatch(++_lastBatch, call, null) { State = BatchState.Granted, Host = host, Since = _time.GetTimestamp() };
        _batches.Add(batch.Id, batch);
        host.Granted.Add(batch);
        call.Call.EndsLeft++;
        SendEnd(batch);
    }

    private void Retire(RemoteCall call)
    {
        if (!_calls.Remove(call))
        {
            return;
        }

        IpcEvents.Log.CallOver(Name, call.Number);
        _streams.Remove(call.Call);
        Touch(call.Call);
        foreach (RemoteHost host in _hosts.Values)
        {
            if (host.SentSetups.Remove(call.Number))
            {
                host.OverCalls.Add(call.Number);
                if (call.Call.Options.IsForgottenAtOnce)
                {
                    SendSettled(host, RemoteKind.Settled);
                }
            }
        }
    }

    /// <summary>A call is over before its items: hosts stop those that they have.</summary>
    private void Stop(RemoteCall call, TimeSpan grace)
    {
        bool wasGranted = false;
        foreach (RemoteBatch batch in _batches.Values.Where(b => b.Call == call).ToArray())
        {
            wasGranted |= batch.State == BatchState.Granted;
            Remove(batch);
        }

        if (wasGranted)
        {
            SendCancel(call.Number, grace);
        }

        Retire(call);
    }

    private void FailCall(RemoteCall call, Exception? failure, ReadOnlyMemory<byte> record = default)
    {
        if (!call.Call.IsOver)
        {
            call.Call.End(failure, record);
            Stop(call, call.Call.Options.StopGracePeriod);
        }
    }

    private void FailAll(Exception failure)
    {
        foreach (RemoteCall call in _calls.ToArray())
        {
            FailCall(call, failure);
        }
    }

    private void ShutDown()
    {
        _isShutDown = true;
        Send(MessageRoute.AllHosts, default, new RemoteMessage { Kind = RemoteKind.Goodbye });
        _ = Task.Run(async () =>
        {
            await _transport.CloseAsync().ConfigureAwait(false);
            _transport.Dispose();
            await _timer.DisposeAsync().ConfigureAwait(false);
            lock (_gate)
            {
                _isGone = true;
                Monitor.PulseAll(_gate);
            }
        });
    }
}
