using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>
/// One end of a pipe. It belongs to one process: the maker of the pipe, then the process that it arrived in last, until one uses it.
/// </summary>
/// <remarks>
/// When the owner of an end closes it or is gone, the other end receives what is on the way and then finds the pipe closed. Whoever
/// waits watches the owner of the other end; an owner that changes does so under the locks that guard those waits, so that
/// they wake up and watch the new one.
/// </remarks>
public sealed class PipeEnd : SharedObject, IMessageSender, IMessageReceiver, IRingPeer, IDeathListener
{
    private static readonly TimeSpan DetachTime = TimeSpan.FromSeconds(1);

    private readonly MessageRing? _incoming;
    private readonly MessageRing? _outgoing;
    private readonly EndOwner _own;
    private readonly EndOwner _other;
    private volatile bool _has;
    private volatile bool _used;
    private volatile bool _passedOn;
    private uint _watched;

    /// <summary>A handle of an end.</summary>
    /// <param name="segment">The pipe; the handle lets go of it.</param>
    /// <param name="index">Which end.</param>
    /// <param name="has">Whether it is the handle through which this process has the end, and so the one that closes it.</param>
    internal PipeEnd(Segment segment, int index, bool has)
        : base(segment)
    {
        Index = index;
        _has = has;
        _own = SharedPipe.OwnerOf(segment, index);
        _other = SharedPipe.OwnerOf(segment, 1 - index);
        try
        {
            bool duplex = SharedPipe.IsDuplexSegment(segment);
            segment.OnLeaving = CloseAllHere;
            var toFirst = new MessageRing(segment, SharedPipe.ControlSize, 0, this);
            MessageRing? toSecond = duplex ? new MessageRing(segment, SharedPipe.RingOffset(1, toFirst.Capacity), 1, this) : null;
            (_incoming, _outgoing) = index == 0 ? (toFirst, toSecond) : (toSecond, toFirst);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>0 for the first end, the reader of a pipe of one way; 1 for the second, its writer.</summary>
    public int Index { get; }

    /// <summary>Whether it is an end of a pipe that goes both ways.</summary>
    public bool IsDuplex => CanSend && CanReceive;

    /// <summary>Whether messages can be sent through it.</summary>
    public bool CanSend => _outgoing is not null;

    /// <summary>Whether messages can be received through it.</summary>
    public bool CanReceive => _incoming is not null;

    /// <summary>Bytes of messages that each direction holds.</summary>
    public long Capacity => AnyRing.Capacity;

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => AnyRing.DefaultFormat;

    /// <inheritdoc/>
    public bool IsClosed => IsDisposed || AnyRing.IsClosed;

    /// <summary>Messages on the way: to this end, or from it where it only sends.</summary>
    public long Count => IsDisposed ? 0 : AnyRing.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => IsDisposed ? 0 : AnyRing.Bytes;

    /// <summary>The process that has this end; 0 once it is closed.</summary>
    public int OwnerProcessId => IsDisposed ? 0 : Segment.Participants.ProcessIdOf(_own.Participant);

    /// <summary>A handle closes the end that it has; not one that was passed on and not used through it, which is its receiver's to close.</summary>
    private bool IsToBeClosedHere => _has && (_used || !_passedOn) && _own.IsHere;

    /// <summary>What is waited for: a message, or the pipe's end. Waiting is a use of this end.</summary>
    internal IWaitable Waitable => Incoming(default).Waitable;

    private MessageRing AnyRing => _incoming ?? _outgoing!;

    private string Title() => IsDuplex
        ? (Index == 0 ? Messages.PipeFirstEnd.With(Name) : Messages.PipeSecondEnd.With(Name))
        : (CanSend ? Messages.PipeWriter.With(Name) : Messages.PipeReader.With(Name));

    /// <summary>Opens an end that arrives in this process, which has it from now on.</summary>
    /// <param name="name">The pipe's name.</param>
    /// <param name="index">Which end.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.NotOwner"/> when another process uses it, <see cref="IpcErrorKind.Closed"/>.</exception>
    public static PipeEnd Open(string name, int index, IpcDirectory? directory = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 1u, nameof(index));
        var end = new PipeEnd(SharedPipe.OpenSegment(name, directory), index, has: false);
        try
        {
            end.Take(use: false, default);
            return end;
        }
        catch
        {
            end.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the other end is closed or its process gone; <see cref="IpcErrorKind.NotOwner"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        bool sent = Outgoing(deadline, cancellation).Send(body, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <inheritdoc/>
    public int SendMany(
        ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        MessageRing.CheckLengths(bodies, lengths);
        int sent = Outgoing(deadline, cancellation).SendMany(bodies, lengths, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <inheritdoc/>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> at the end of the pipe; <see cref="IpcErrorKind.NotOwner"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: false, deadline, cancellation);

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: true, deadline, cancellation);

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        bool received = Incoming(cancellation).ReceiveMany(batch, deadline, cancellation);
        return Found(received, deadline, cancellation);
    }

    /// <summary>Closes this end, if this process has it: the other end receives what is on the way and then finds the pipe closed.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Close(CancellationToken cancellation = default)
    {
        if (!IsDisposed && IsToBeClosedHere)
        {
            Shut(cancellation);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Notes that this end is on its way to another process, which it will belong to.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when a process uses it already, this one included; <see cref="IpcErrorKind.Closed"/>.</exception>
    public void PassOn()
    {
        ThrowIfDisposed();
        _own.RequireUnused(Title);
        _passedOn = true;
        GC.KeepAlive(this);
    }

    /// <summary>Closes the end if this process still has it, though it passed it on: whoever was to take it is gone.</summary>
    public void CloseUntaken()
    {
        if (!IsDisposed && _passedOn && _own.TryCloseUnused())
        {
            // A stopped process may hold a lock of a ring: the closed word and the wake are enough for the other side.
            CloseRings(Deadline.After(DetachTime), default);
        }

        GC.KeepAlive(this);
    }

    void IRingPeer.LookBeforeSleep(Deadline deadline, CancellationToken cancellation) => LookAtOther(deadline, cancellation);

    // Who sleeps closes the rings; who does not looks again when it sends or finds nothing.
    void IDeathListener.OnDeath(Guid lease)
    {
        Volatile.Write(ref _watched, 0);
        WakeAll();
    }

    /// <summary>Closes both directions for both sides.</summary>
    internal void Shut(CancellationToken cancellation)
    {
        _own.Close();
        CloseRings(Deadline.Never, cancellation);
    }

    /// <summary>Closes the ends that this process still has: it lets go of the pipe, so that whoever was to take them comes too late.</summary>
    private static void CloseAllHere(Segment segment)
    {
        bool closed = SharedPipe.OwnerOf(segment, 0).TryClose() | SharedPipe.OwnerOf(segment, 1).TryClose();
        if (closed)
        {
            SharedPipe.WakeAll(segment);
        }
    }

    private protected override void Detach(bool disposing)
    {
        if (_incoming is null && _outgoing is null)
        {
            return;
        }

        if (IsToBeClosedHere)
        {
            // Without waiting for long for a process that was stopped with a lock: the closed word and the wake are enough for who looks.
            _own.TryClose();
            CloseRings(Deadline.After(DetachTime), default);
        }

        _incoming?.Detach();
        _outgoing?.Detach();
    }

    private MessageRing Outgoing(Deadline deadline, CancellationToken cancellation)
    {
        MessageRing ring = _outgoing ?? throw new IpcException(IpcErrorKind.NotSupported, Messages.PipeEndOnlyReceives.With(Title()), Name);
        Use(cancellation);
        LookAtOther(deadline, cancellation);
        return ring;
    }

    private MessageRing Incoming(CancellationToken cancellation)
    {
        MessageRing ring = _incoming ?? throw new IpcException(IpcErrorKind.NotSupported, Messages.PipeEndOnlySends.With(Title()), Name);
        Use(cancellation);
        return ring;
    }

    private bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Found(Incoming(cancellation).Receive(message, peek, deadline, cancellation), deadline, cancellation);
    }

    /// <summary>One that finds nothing and does not wait must learn of the other side's death all the same.</summary>
    private bool Found(bool received, Deadline deadline, CancellationToken cancellation)
    {
        if (!received)
        {
            LookAtOther(deadline, cancellation);
        }

        GC.KeepAlive(this);
        return received;
    }

    private void Use(CancellationToken cancellation)
    {
        ThrowIfDisposed();
        if (!_used)
        {
            Take(use: true, cancellation);
            _used = true;
            Interlocked.MemoryBarrier();
            if (IsDisposed)
            {
                // Disposed while it was being taken: one of the two sees the other, and closes it.
                _own.TryClose();
                WakeAll();
                ThrowIfDisposed();
            }
        }
    }

    private void Take(bool use, CancellationToken cancellation)
    {
        if (use ? _own.TryUse() : _own.IsHere)
        {
            _has = true;
            return;
        }

        if (Index == 0)
        {
            // All ends take the lock in the ring to the first end before the one in the ring to the second.
            WhileReceiving(_incoming, () => WhileSending(_outgoing, () => _own.Take(use, Title), cancellation), cancellation);
        }
        else
        {
            WhileSending(_outgoing, () => WhileReceiving(_incoming, () => _own.Take(use, Title), cancellation), cancellation);
        }

        _has = true;
    }

    private static void WhileSending(MessageRing? ring, Action change, CancellationToken cancellation)
    {
        if (ring is null)
        {
            change();
            return;
        }

        ring.Memory.EnterSend(Deadline.Never, cancellation);
        try
        {
            change();
        }
        finally
        {
            ring.Memory.SendLock.Exit();
            ring.Memory.DataEvent.WakeSleepers();
        }
    }

    private static void WhileReceiving(MessageRing? ring, Action change, CancellationToken cancellation)
    {
        if (ring is null)
        {
            change();
            return;
        }

        ring.Memory.EnterReceive(Deadline.Never, cancellation);
        try
        {
            change();
        }
        finally
        {
            ring.Memory.ReceiveLock.Exit();
            ring.Memory.SpaceEvent.WakeSleepers();
        }
    }

    /// <summary>Closes the pipe if the owner of the other end is gone, else sees to it that its death wakes this end.</summary>
    private void LookAtOther(Deadline deadline, CancellationToken cancellation)
    {
        uint owner = _other.Participant;
        if (owner == Segment.Participant || (owner != 0 && owner == Volatile.Read(ref _watched)))
        {
            return;
        }

        if (owner == 0 || !Segment.Participants.TryGetLease(owner, out Guid lease) || _other.IsGone)
        {
            CloseRings(deadline, cancellation);
            return;
        }

        // In this order: if it dies in between, the watch takes the word away again.
        Volatile.Write(ref _watched, owner);
        try
        {
            DeathWatch.Register(Directory.FullPath, lease, this);
        }
        catch
        {
            Volatile.Write(ref _watched, 0);
            WakeAll();
            throw;
        }
    }

    private void CloseRings(Deadline deadline, CancellationToken cancellation)
    {
        try
        {
            _outgoing?.Close(deadline, cancellation);
        }
        finally
        {
            _incoming?.Close(deadline, cancellation);
        }
    }

    private void WakeAll()
    {
        _outgoing?.Memory.WakeAll();
        _incoming?.Memory.WakeAll();
    }
}
