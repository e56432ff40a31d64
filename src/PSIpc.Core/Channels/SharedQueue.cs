using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>
/// A bounded queue of messages between any number of processes and threads: each message is received once, those of one sender in order.
/// </summary>
/// <remarks>
/// A process killed in a send has either sent its message or not; one killed in a receive has either taken it or not. Nobody else
/// notices, but for up to 50 ms in which its lock is found abandoned.
/// </remarks>
public sealed class SharedQueue : IMessageChannel
{
    /// <summary>The capacity of a queue when none is asked for, in bytes.</summary>
    public const long DefaultCapacity = 4 << 20;

    private const string NamePrefix = "queue";

    private readonly Segment _segment;
    private readonly MessageRing _ring;
    private int _disposed;

    private SharedQueue(Segment segment)
    {
        _segment = segment;
        try
        {
            _ring = new MessageRing(segment, 0, 0);
        }
        catch
        {
            segment.Release();
            throw;
        }
    }

    /// <summary>Lets go of a queue that nobody disposed.</summary>
    ~SharedQueue() => Dispose();

    /// <inheritdoc/>
    public string Name => _segment.Name;

    /// <summary>The identity that tells it from queues that had its name before.</summary>
    public Guid Id { get; private init; }

    /// <summary>The folder that it is in.</summary>
    public IpcDirectory Directory => _segment.Directory;

    /// <summary>Bytes of messages that it holds in its ring; larger messages are held beside it, up to as many bytes again.</summary>
    public long Capacity => _ring.Capacity;

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public long MaxCount => _ring.MaxCount;

    /// <inheritdoc/>
    public byte DefaultFormat => _ring.DefaultFormat;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent { get; private init; }

    /// <summary>When it was made, UTC.</summary>
    public DateTime Created { get; private init; }

    /// <inheritdoc/>
    public bool IsClosed => IsDisposed || _ring.IsClosed;

    /// <summary>Whether it was removed, or this handle disposed.</summary>
    public bool IsRemoved => IsDisposed || _segment.IsRemoved;

    /// <summary>Whether this handle was disposed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Messages sent and not yet received; 0 once disposed.</summary>
    public long Count => IsDisposed ? 0 : _ring.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => IsDisposed ? 0 : _ring.Bytes;

    /// <summary>Makes a queue.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two of at least 4096; reserved at once.</param>
    /// <param name="maxCount">The most messages at a time; 0 for no limit but the bytes.</param>
    /// <param name="defaultFormat">The number of the serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static unsafe SharedQueue Create(
        string? name = null,
        long capacity = DefaultCapacity,
        long maxCount = 0,
        byte defaultFormat = 0,
        bool persistent = false,
        IpcDirectory? directory = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxCount);
        long rounded = RingMemory.RoundCapacity(capacity);
        return Wrap(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Queue,
            name ?? IpcName.MakeUnique(NamePrefix),
            RingMemory.BytesFor(rounded),
            persistent,
            segment => RingMemory.Initialize(segment.Body, rounded, maxCount, defaultFormat)));
    }

    /// <summary>Opens a queue that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.CorruptData"/>, <see cref="IpcErrorKind.VersionMismatch"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static SharedQueue Open(string name, IpcDirectory? directory = null) =>
        TryOpen(name, directory) ?? throw new IpcException(
            IpcErrorKind.NotFound,
            $"There is no queue '{name}'. It was never made, was removed, or went with the last process that had it open.",
            name);

    /// <summary>Opens a queue; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    public static SharedQueue? TryOpen(string name, IpcDirectory? directory = null)
    {
        Segment? segment = Segment.TryOpen(directory ?? IpcDirectory.Default, ObjectKind.Queue, name);
        return segment is null ? null : Wrap(segment);
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        bool sent = _ring.Send(body, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <inheritdoc/>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: false, deadline, cancellation);

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: true, deadline, cancellation);

    /// <summary>Sends messages that lie one after the other in memory, as many at a time as there is room for.</summary>
    /// <param name="bodies">Their bytes, one message after the other.</param>
    /// <param name="lengths">The length of each.</param>
    /// <param name="stamp">What to note beside each of them.</param>
    /// <param name="deadline">Until when to wait for room.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>; what was sent by then stays sent.</param>
    /// <returns>How many were sent: all of them, or the first ones when the time was up.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public int SendMany(
        ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        long total = 0;
        foreach (int length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(lengths));
            total += length;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(total, bodies.Length, nameof(lengths));
        ThrowIfDisposed();
        int sent = _ring.SendMany(bodies, lengths, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <summary>Receives the messages that are there, at least one, waiting for it; false when there was none in time.</summary>
    /// <param name="batch">Where to put them; it says how many at most. A process killed meanwhile takes all of them along, or none.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the queue is closed and drained, or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ThrowIfDisposed();
        bool received = _ring.ReceiveMany(batch, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }

    /// <summary>Drops all messages; returns how many.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public long Clear(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        long dropped = _ring.Clear(cancellation);
        GC.KeepAlive(this);
        return dropped;
    }

    /// <summary>No more sends from now on; receivers drain what is there.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Close(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        _ring.Close(cancellation);
        GC.KeepAlive(this);
    }

    /// <summary>Waits until all messages are received; false when the time is up.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public bool WaitUntilEmpty(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        bool empty = _ring.WaitUntilEmpty(deadline, cancellation);
        GC.KeepAlive(this);
        return empty;
    }

    /// <summary>Closes the queue for everybody, drops its messages and takes its name away.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Remove(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        _ring.Close(cancellation);
        _ring.Clear(cancellation);
        _segment.Remove();
        GC.KeepAlive(this);
    }

    /// <summary>Lets go of the queue; waits in progress on this handle end with <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && _ring is not null)
        {
            _ring.Detach();
            _segment.Release();
        }

        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static SharedQueue Wrap(Segment segment) =>
        new(segment) { Id = segment.Id, IsPersistent = segment.IsPersistent, Created = segment.Created };

    private bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ThrowIfDisposed();
        bool received = _ring.Receive(message, peek, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }

    private void ThrowIfDisposed()
    {
        if (IsDisposed)
        {
            throw new IpcException(IpcErrorKind.Closed, $"Queue '{Name}' was disposed in this session.", Name);
        }
    }
}
