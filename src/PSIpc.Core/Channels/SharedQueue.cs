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
public sealed class SharedQueue : SharedObject, IMessageQueue
{
    /// <summary>The capacity of a queue when none is asked for, in bytes.</summary>
    public const long DefaultCapacity = 4 << 20;

    private const string NamePrefix = "queue";

    private readonly MessageRing _ring;

    private SharedQueue(Segment segment)
        : base(segment)
    {
        try
        {
            _ring = new MessageRing(segment, 0, 0);
            if (RequiresConfirmation)
            {
                segment.OnLeaving = ConfirmingReceiver.ReleaseAll;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of messages that it holds in its ring; larger messages are held beside it, up to as many bytes again.</summary>
    public long Capacity => _ring.Capacity;

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public long MaxCount => _ring.MaxCount;

    /// <summary>Whether a message stays until its receiver confirms it, and goes to another one when its receiver is gone before.</summary>
    public bool RequiresConfirmation => _ring.Memory.RequiresConfirmation;

    /// <summary>Messages that were received and not confirmed.</summary>
    public long Unconfirmed
    {
        get
        {
            long unconfirmed = IsDisposed ? 0 : _ring.Unconfirmed;
            GC.KeepAlive(this);
            return unconfirmed;
        }
    }

    internal IWaitable Waitable => _ring.Waitable;

    string IMessageQueue.Place => Directory.FullPath;

    IWaitable IMessageQueue.Waitable => Waitable;

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _ring.DefaultFormat;

    /// <inheritdoc/>
    public bool IsClosed => IsDisposed || _ring.IsClosed;

    /// <inheritdoc/>
    public long Count => IsDisposed ? 0 : _ring.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => IsDisposed ? 0 : _ring.Bytes;

    /// <summary>Makes a queue.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two of at least 4096; reserved at once.</param>
    /// <param name="maxCount">The most messages at a time; 0 for no limit but the bytes.</param>
    /// <param name="defaultFormat">The number of the serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="requireConfirmation">Whether a message stays until its receiver confirms it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the queue of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static unsafe SharedQueue Create(
        string? name = null,
        long capacity = DefaultCapacity,
        long maxCount = 0,
        MessageFormat defaultFormat = default,
        bool persistent = false,
        bool requireConfirmation = false,
        IpcDirectory? directory = null,
        bool openExisting = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxCount);
        long rounded = RingMemory.RoundCapacity(capacity);
        return new SharedQueue(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Queue,
            name ?? IpcName.MakeUnique(NamePrefix),
            RingMemory.BytesFor(rounded),
            persistent,
            segment => RingMemory.Initialize(segment.Body, rounded, maxCount, defaultFormat, requireConfirmation),
            openExisting));
    }

    /// <summary>Opens a queue that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.CorruptData"/>, <see cref="IpcErrorKind.VersionMismatch"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static SharedQueue Open(string name, IpcDirectory? directory = null) =>
        TryOpen(name, directory) ?? throw new IpcException(
            IpcErrorKind.NotFound,
            Messages.QueueNotFound.With(name),
            name);

    /// <summary>Opens a queue; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    public static SharedQueue? TryOpen(string name, IpcDirectory? directory = null)
    {
        Segment? segment = Segment.TryOpen(directory ?? IpcDirectory.Default, ObjectKind.Queue, name);
        return segment is null ? null : new SharedQueue(segment);
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

    /// <inheritdoc/>
    public int SendMany(
        ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        MessageRing.CheckLengths(bodies, lengths);
        ThrowIfDisposed();
        int sent = _ring.SendMany(bodies, lengths, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ThrowIfDisposed();
        bool received = _ring.ReceiveMany(batch, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }

    /// <summary>Confirms a message that was received from this queue: it is done with.</summary>
    /// <param name="message">What was received.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <returns>False when it had been confirmed, or dropped by <see cref="Clear"/>, before.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when it has gone to another receiver; <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public bool Confirm(ReceivedMessage message, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return !RequiresConfirmation || message.Source == Id
            ? Confirm(message.Position, message.Delivery, cancellation)
            : throw new IpcException(IpcErrorKind.NotOwner, Messages.MessageNotOfQueue.With(Name), Name);
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

    /// <inheritdoc/>
    public void Close(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        _ring.Close(Deadline.Never, cancellation);
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
        _ring.Close(Deadline.Never, cancellation);
        _ring.Clear(cancellation);
        Segment.Remove();
        GC.KeepAlive(this);
    }

    bool IMessageQueue.Confirm(ulong position, int delivery, CancellationToken cancellation) => Confirm(position, delivery, cancellation);

    void IMessageQueue.Release(ulong position, int delivery, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        _ring.Release(position, delivery, cancellation);
        GC.KeepAlive(this);
    }

    private bool Confirm(ulong position, int delivery, CancellationToken cancellation)
    {
        ThrowIfDisposed();
        bool confirmed = _ring.Confirm(position, delivery, cancellation);
        GC.KeepAlive(this);
        return confirmed;
    }

    private protected override void Detach(bool disposing) => _ring?.Detach();

    private bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ThrowIfDisposed();
        bool received = _ring.Receive(message, peek, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }
}
