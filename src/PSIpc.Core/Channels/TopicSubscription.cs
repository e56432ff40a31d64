using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>
/// A subscription to a topic. It belongs to one process: its maker, then the process that it arrived in last, until one uses it.
/// It ends with that process.
/// </summary>
public sealed class TopicSubscription : SharedObject, IMessageSubscription
{
    /// <summary>Subscriptions that a topic can have at a time.</summary>
    public const int Most = SubscriptionTable.SlotCount;

    private const int LockRetryMilliseconds = 5;
    private const int StateShift = 16;
    private const long IndexMask = (1L << StateShift) - 1;

    private static readonly TimeSpan DetachTime = TimeSpan.FromSeconds(1);

    private readonly RingMemory? _ring;
    private readonly SubscriptionReceiver? _receiver;
    private readonly SubscriptionSlot _slot;
    private volatile bool _has;
    private volatile bool _used;
    private volatile bool _passedOn;

    /// <summary>A handle of a subscription.</summary>
    /// <param name="segment">The topic; the handle lets go of it.</param>
    /// <param name="index">Which of its subscriptions.</param>
    /// <param name="state">What tells it from others that had its place before.</param>
    /// <param name="has">Whether it is the handle through which this process has the subscription, and so the one that ends it.</param>
    internal TopicSubscription(Segment segment, int index, uint state, bool has)
        : base(segment)
    {
        Index = index;
        State = state;
        _has = has;
        try
        {
            segment.RequireBody(SharedTopic.RingOffset);
            segment.OnLeaving = EndAllHere;
            _ring = new RingMemory(segment, SharedTopic.RingOffset, 0);
            _slot = SharedTopic.TableOf(segment)[index];
            _receiver = new SubscriptionReceiver(_ring, _slot, state);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Which of the topic's subscriptions it is.</summary>
    public int Index { get; }

    /// <summary>Tells it from others that had its place before.</summary>
    public uint State { get; }

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _ring!.DefaultFormat;

    /// <inheritdoc/>
    public bool IsClosed => IsDisposed || _ring!.IsClosed || _receiver!.IsOver;

    /// <inheritdoc/>
    public long Count => IsClosedHere ? 0 : _receiver!.Count;

    /// <summary>Messages that went before they were received: the topic drops the oldest when its ring is full.</summary>
    public long Lost => IsClosedHere ? 0 : _receiver!.Lost;

    /// <summary>The process that has it; 0 when it is over.</summary>
    public int OwnerProcessId => IsDisposed ? 0 : Segment.Participants.ProcessIdOf(_slot.Owner.Participant);

    /// <summary>What is waited for: a message, or the topic's end. Waiting is a use of this subscription.</summary>
    internal IWaitable Waitable
    {
        get
        {
            Use(default);
            return _receiver!;
        }
    }

    string IMessageSubscription.Place => Directory.FullPath;

    long IMessageSubscription.Part => ((long)State << StateShift) | (uint)(Index + 1);

    IWaitable IMessageSubscription.Waitable => Waitable;

    private string Title() => Messages.SubscriptionTitle.With(Name);

    private bool IsClosedHere => IsDisposed || _slot.State != State;

    /// <summary>A handle ends the subscription that it has; not one that was passed on and not used through it, which is its receiver's to end.</summary>
    private bool IsToBeClosedHere => _has && (_used || !_passedOn) && !_receiver!.IsOver;

    /// <summary>Opens a subscription by what it travels as; null when the number cannot be one's.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="part">What tells it from other subscriptions.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    internal static TopicSubscription? Open(string topic, long part, IpcDirectory? directory)
    {
        long index = (part & IndexMask) - 1;
        long state = part >> StateShift;
        return index is >= 0 and < Most && state is >= 0 and <= uint.MaxValue ? Open(topic, (int)index, (uint)state, directory) : null;
    }

    /// <summary>Opens a subscription that arrives in this process, which has it from now on.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="index">Which of its subscriptions.</param>
    /// <param name="state">What tells it from others that had its place before.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.NotOwner"/> when another process uses it, <see cref="IpcErrorKind.Closed"/>.</exception>
    public static TopicSubscription Open(string topic, int index, uint state, IpcDirectory? directory = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)SubscriptionTable.SlotCount, nameof(index));
        var subscription = new TopicSubscription(SharedTopic.OpenSegment(topic, directory), index, state, has: false);
        try
        {
            subscription.Take(use: false, default);
            return subscription;
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: false, deadline, cancellation);

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) =>
        Receive(message, peek: true, deadline, cancellation);

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Use(cancellation);
        bool received = _receiver!.ReceiveMany(batch, deadline, cancellation);
        GC.KeepAlive(this);
        return received;
    }

    /// <summary>Ends the subscription, if this process has it.</summary>
    /// <param name="cancellation">Not used.</param>
    public void Close(CancellationToken cancellation = default)
    {
        if (!IsDisposed && IsToBeClosedHere)
        {
            Release();
        }

        GC.KeepAlive(this);
    }

    /// <summary>Notes that it is on its way to another process, which it will belong to.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when a process uses it already, this one included; <see cref="IpcErrorKind.Closed"/>.</exception>
    public void PassOn()
    {
        ThrowIfDisposed();
        if (_slot.State != State)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.SubscriptionOverHere.With(Title()), Name);
        }

        _slot.Owner.RequireUnused(Title);
        _passedOn = true;
        GC.KeepAlive(this);
    }

    /// <summary>Ends it if this process still has it, though it passed it on: whoever was to take it is gone.</summary>
    public void CloseUntaken()
    {
        if (!IsDisposed && _passedOn && _slot.State == State && _slot.Owner.TryCloseUnused())
        {
            _ring!.WakeAll();
        }

        GC.KeepAlive(this);
    }

    private protected override void Detach(bool disposing)
    {
        if (_receiver is not null && IsToBeClosedHere)
        {
            Release();
        }

        _ring?.Detach();
    }

    private bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        Use(cancellation);
        bool received = _receiver!.Receive(message, peek, deadline, cancellation);
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
                // Disposed while it was being taken: one of the two sees the other, and ends it.
                Release();
                ThrowIfDisposed();
            }
        }
    }

    private void Take(bool use, CancellationToken cancellation)
    {
        // While the owner's word says that this process has it, the place is not given to another.
        if (_slot.State == State && (use ? _slot.Owner.TryUse() : _slot.Owner.IsHere) && _slot.State == State)
        {
            _has = true;
            return;
        }

        while (!TryTakeOver(use, cancellation))
        {
            Thread.Sleep(LockRetryMilliseconds);
        }
    }

    /// <summary>Takes the subscription from another process; false when its lock is held for long.</summary>
    /// <remarks>
    /// Under both locks: the send lock keeps the place from being given to another, its own guards the waits of publishers. A process stopped
    /// with the second one must not keep publishers waiting for the first.
    /// </remarks>
    private bool TryTakeOver(bool use, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _ring!.EnterSend(Deadline.Never, cancellation);
        try
        {
            if (_slot.State != State || _slot.Owner.IsClosed)
            {
                throw new IpcException(IpcErrorKind.Closed, Messages.SubscriptionOver.With(Title()), Name);
            }

            _slot.Owner.RequireFree(Title);
            if (_slot.Lock.Enter(Deadline.Now, cancellation) == LockEntry.TimedOut)
            {
                return false;
            }

            try
            {
                _ring.SpaceEvent.WakeSleepers();
                _slot.Owner.Take(use, Title);
                _has = true;
                return true;
            }
            finally
            {
                _slot.Lock.Exit();
            }
        }
        finally
        {
            _ring.SendLock.Exit();
            _ring.SpaceEvent.WakeSleepers();
            _ring.DataEvent.WakeSleepers();
        }
    }

    /// <summary>Closes the owner's word while no thread of this process is at the cursor, and wakes publishers that wait for it.</summary>
    private void Release()
    {
        LockEntry entry = _slot.Lock.Enter(Deadline.After(DetachTime), default);
        _ring!.SpaceEvent.WakeSleepers();
        if (_slot.State == State)
        {
            _slot.Owner.TryClose();
        }

        if (entry != LockEntry.TimedOut)
        {
            _slot.Lock.Exit();
        }

        _ring.WakeAll();
    }

    /// <summary>Ends the subscriptions that this process still has: it lets go of the topic, so that whoever was to take them comes too late.</summary>
    private static void EndAllHere(Segment segment)
    {
        bool closed = false;
        SubscriptionTable subscriptions = SharedTopic.TableOf(segment);
        for (int i = subscriptions.Used - 1; i >= 0; i--)
        {
            closed |= subscriptions[i].IsActive && subscriptions[i].Owner.TryClose();
        }

        if (closed)
        {
            new RingMemory(segment, SharedTopic.RingOffset, 0).WakeAll();
        }
    }
}
