using System.Diagnostics;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>
/// One piece of work for a pool: items that come one after the other, each run once by some worker, and their results. One thread adds items
/// and takes results; the pool's own thread and that of the workers' deaths deliver them.
/// </summary>
/// <remarks>Locks: the pool's is taken before the call's own, never the other way round. What waits for workers is under the pool's, the rest under the call's.</remarks>
internal sealed partial class PoolCall
{
    // A worker without items gets what is there at once, but not more often than this, in ticks of Stopwatch: items that follow come together.
    private static readonly long FlushInterval = Stopwatch.Frequency / 10_000;
    private const int FirstItems = 16;

    private readonly object _lock = new();
    private readonly ICallScheduler _pool;
    private readonly ResultOrder? _order;
    private readonly Queue<ResultSegment> _ready = new();
    private readonly Queue<ResultSegment> _ends = new();
    private readonly Dictionary<long, List<ResultSegment>>? _held;
    private readonly LinkedList<ItemRange> _waiting = new();
    private long _waitingCount;
    private long _readyBytes;
    private long _earlyBytes;
    private readonly Queue<ItemBlock> _full = new();
    private readonly Dictionary<long, string>? _texts;
    private ItemBlock? _open;
    private int _notCollected;
    private long _submitted;
    private long _taken;
    private long _inputBytes;
    private long _lastFlush;
    private int _waiters;
    private volatile bool _hasReady;
    private volatile bool _hasOpen;
    private volatile bool _isHungry = true;
    private volatile bool _isOver;
    private volatile bool _holdsSecrets;
    private bool _inputEnded;
    private bool _touched;
    private bool _wasHeldBack;

    internal PoolCall(ICallScheduler pool, uint number, CallOptions options, ReadOnlyMemory<byte> setup, ChunkSize chunks)
    {
        Chunks = chunks;
        _pool = pool;
        Number = number;
        Options = options;
        ThrottleLimit = options.ThrottleLimit;
        Setup = setup;
        _holdsSecrets = options.HoldsSecrets;
        _order = options.IsOrdered ? new ResultOrder() : null;
        _held = options.RetryCount > 0 ? [] : null;
        _texts = options.IsRecorded ? [] : null;
    }

    /// <summary>Comes when there are results, and when the call is over; on a thread of the pool's, without its lock.</summary>
    public event Action? Changed;

    /// <summary>The task or job that the caller has for it; null where there is none.</summary>
    public object? Owner { get; set; }

    /// <summary>When it began, on the clock of Stopwatch.</summary>
    public long BegunAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Its number in the pool.</summary>
    public uint Number { get; }

    public CallOptions Options { get; }

    /// <summary>The most workers at a time; 0 for all. Under the pool's lock.</summary>
    internal int ThrottleLimit { get; set; }

    /// <summary>What the workers are told of it.</summary>
    public ReadOnlyMemory<byte> Setup { get; private set; }

    /// <summary>Whether secrets are in it: its messages to workers leave no bytes in their rings.</summary>
    public bool HoldsSecrets => _holdsSecrets;

    /// <summary>Chunks by the time that items take.</summary>
    public ChunkSize Chunks { get; }

    /// <summary>Why it could not be run: an exception, or the record of a worker; null if it could.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc cref="Failure"/>
    public ReadOnlyMemory<byte> FailureRecord { get; private set; }

    /// <summary>Whether nothing more comes of it; what is ready can still be taken.</summary>
    public bool IsOver => _isOver;

    /// <summary>Whether it was given up by whoever began it.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Whether there are results to take.</summary>
    public bool HasReady => _hasReady;

    /// <summary>Items that were added.</summary>
    public long Submitted => Volatile.Read(ref _submitted);

    /// <summary>Whether all items have come.</summary>
    public bool IsInputEnded => Volatile.Read(ref _inputEnded);

    /// <summary>Items that have ended.</summary>
    public long Done { get; private set; }

    /// <summary>Items that ended by an error.</summary>
    public long Failed { get; private set; }

    /// <summary>When a worker began its first item, on the clock of Stopwatch; 0 before.</summary>
    public long FirstStart { get; private set; }

    /// <summary>The process id of the worker that last said something of it; 0 before.</summary>
    public int LastWorker { get; private set; }

    /// <summary>Whether the workers were told to run what comes at the end. Under the pool's lock.</summary>
    internal bool EndsGiven { get; set; }

    /// <summary>Workers that have yet to run what comes at the end. Under the pool's lock.</summary>
    internal int EndsLeft { get; set; }

    /// <summary>Workers in a row that died with items of this call of which they had begun none. Under the pool's lock.</summary>
    internal int FruitlessDeaths { get; set; }

    /// <summary>Whether an item may be added: not too many, and not too many bytes, are on the way.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_lock)
            {
                return HasRoomNow;
            }
        }
    }

    /// <summary>Whether so much is ready and not taken that results should stay in the workers' rings. Whoever takes some has the pool go on.</summary>
    internal bool IsStuffed
    {
        get
        {
            if (!IsFull(CallOptions.WindowBytes))
            {
                return false;
            }

            lock (_lock)
            {
                _wasHeldBack = _ready.Count > 0;
                return _wasHeldBack && IsFull(CallOptions.WindowBytes);
            }
        }
    }

    private bool HasRoomNow => _isOver || _submitted == _taken
        || (_submitted - _taken < Options.Window && _inputBytes < CallOptions.WindowBytes && !IsFull(CallOptions.WindowBytes / 2));

    /// <summary>Whether workers have need of another item soon: one for each beside the one that it runs, or as many as it runs in the time of a chunk.</summary>
    /// <param name="workers">Workers that can run items of the call.</param>
    public bool WantsMore(int workers) => Submitted - Done < 2L * workers * Chunks.ByTime && HasRoom;

    /// <summary>Adds an item. Whoever adds waits for room before, unless the one before it left some.</summary>
    /// <param name="item">Its bytes.</param>
    /// <param name="holdsSecret">Whether a secret is in them.</param>
    /// <returns>Whether there is room for another.</returns>
    public bool Add(ReadOnlySpan<byte> item, bool holdsSecret = false)
    {
        _holdsSecrets |= holdsSecret;
        bool isFirst;
        bool flush;
        bool hasRoom;
        lock (_lock)
        {
            if (_isOver)
            {
                return true;
            }

            if (_open is not null && item.Length > ItemBlock.FullBytes)
            {
                _full.Enqueue(_open);
                _open = null;
            }

            _open ??= new ItemBlock(_submitted, Math.Max(256, item.Length));
            _open.Add(item);
            _notCollected++;
            _submitted++;
            _inputBytes += item.Length;
            isFirst = _open.Count == 1;
            _hasOpen = true;
            Interlocked.MemoryBarrier(); // First the note, then the look: as in SetHungry, the other way round.
            flush = _open.IsFull || (_isHungry && IsTimeToFlush());
            hasRoom = HasRoomNow;
        }

        if (flush)
        {
            _pool.Flush();
        }
        else if (isFirst && _isHungry)
        {
            _pool.Wake();
        }

        return hasRoom;
    }

    /// <summary>Keeps a short text of the item that is added next, if the call is recorded.</summary>
    public void NoteText(string? text)
    {
        if (_texts is null || text is null)
        {
            return;
        }

        lock (_texts)
        {
            _texts[_submitted] = text;
        }
    }

    /// <summary>The text that was kept of an item; null where none was.</summary>
    /// <param name="item">The item's index.</param>
    /// <param name="isLast">Whether the item is not run again, so that the text is no longer needed.</param>
    internal string? TextOf(long item, bool isLast)
    {
        if (_texts is null)
        {
            return null;
        }

        lock (_texts)
        {
            string? text = _texts.GetValueOrDefault(item);
            if (isLast)
            {
                _texts.Remove(item);
            }

            return text;
        }
    }

    /// <summary>There are no more items.</summary>
    public void EndInput()
    {
        lock (_lock)
        {
            _inputEnded = true;
        }

        _pool.EndInput(this, waits: false);
    }

    /// <summary>Adds the one item that there is. The caller waits for its result next: see <see cref="WaitForResults"/>.</summary>
    public void AddOnly(ReadOnlySpan<byte> item)
    {
        lock (_lock)
        {
            _open = new ItemBlock(0, item.Length);
            _open.Add(item);
            _notCollected = 1;
            _submitted = 1;
            _inputBytes = item.Length;
            _hasOpen = true;
            _inputEnded = true;
        }

        _pool.EndInput(this, waits: true);
    }

    /// <summary>Takes results that are ready, at most a number; false when there is none now.</summary>
    /// <remarks>May have the pool go on, and so call <see cref="Changed"/> of this and other calls: not under a lock that a handler takes.</remarks>
    public bool TryTake(List<ResultSegment> target, int most = 256)
    {
        if (!_hasReady)
        {
            return false;
        }

        bool goOn;
        lock (_lock)
        {
            while (target.Count < most && _ready.TryDequeue(out ResultSegment segment))
            {
                target.Add(segment);
                _readyBytes -= segment.Records.Length;
                if (segment.IsDone && segment.Block is not null)
                {
                    _taken++;
                    _inputBytes -= segment.Input.Length;
                }
            }

            _hasReady = _ready.Count > 0;
            goOn = _wasHeldBack && (_ready.Count == 0 || !IsFull(CallOptions.WindowBytes / 4));
            _wasHeldBack = _wasHeldBack && !goOn;
        }

        if (goOn)
        {
            _pool.Flush();
        }

        return target.Count > 0;
    }

    /// <summary>Waits until there are results to take, or the call is over; false when the time is up.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public bool WaitForResults(Deadline deadline, CancellationToken cancellation) =>
        Wait(static call => call._ready.Count > 0 || call._isOver, deadline, cancellation);

    /// <summary>Waits until an item may be added, or there are results to take.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public void WaitForRoom(Deadline deadline, CancellationToken cancellation) =>
        Wait(static call => call.HasRoomNow || call._ready.Count > 0, deadline, cancellation);

    /// <summary>Gives the call up: no more items are begun, those that run are stopped, and workers that do not stop are killed after a grace.</summary>
    /// <param name="grace">How long they may take to stop; null for what the call's options say.</param>
    /// <param name="keepsDone">Whether results that have come can still be taken, those whose turn had not come too.</param>
    public void Cancel(TimeSpan? grace = null, bool keepsDone = false) => _pool.Cancel(this, grace ?? Options.StopGracePeriod, keepsDone);

    /// <summary>Whether all items have ended and no more will come; under the pool's lock.</summary>
    internal bool IsThrough
    {
        get
        {
            lock (_lock)
            {
                return _inputEnded && Done == _submitted;
            }
        }
    }

    /// <summary>Whether more bytes of results than this have come and are not taken.</summary>
    private bool IsFull(long limit) => !Options.IsUnlimited && Volatile.Read(ref _readyBytes) + Volatile.Read(ref _earlyBytes) >= limit;

    private bool IsTimeToFlush()
    {
        long now = Stopwatch.GetTimestamp();
        if (_submitted > FirstItems && now - _lastFlush < FlushInterval)
        {
            return false;
        }

        _lastFlush = now;
        return true;
    }

    private bool Wait(Func<PoolCall, bool> until, Deadline deadline, CancellationToken cancellation)
    {
        if (_pool.Help(this, until))
        {
            return true;
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static state =>
            {
                lock (state!)
                {
                    Monitor.PulseAll(state);
                }
            },
            _lock);
        lock (_lock)
        {
            _waiters++;
            try
            {
                while (!until(this))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (deadline.IsOver)
                    {
                        return false;
                    }

                    Monitor.Wait(_lock, deadline.Milliseconds());
                }

                return true;
            }
            finally
            {
                _waiters--;
            }
        }
    }

    /// <summary>Whether a condition holds now.</summary>
    internal bool Holds(Func<PoolCall, bool> condition)
    {
        lock (_lock)
        {
            return condition(this);
        }
    }
}
