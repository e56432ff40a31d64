using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>A topic: each subscription gets every message that is published from its start on, in the same order.</summary>
/// <remarks>
/// Body: what to do on overflow, the table of subscriptions, then one ring (docs/protocol.md, "Topic"). A subscription whose process is gone
/// never holds a publisher up.
/// </remarks>
public sealed unsafe class SharedTopic : SharedObject, IMessageTopic
{
    /// <summary>The capacity of a topic when none is asked for, in bytes.</summary>
    public const long DefaultCapacity = 4 << 20;

    internal const int TableOffset = 256;
    internal const int RingOffset = TableOffset + SubscriptionTable.Size;
    private const string NamePrefix = "topic";

    private readonly RingMemory? _ring;
    private readonly TopicPublisher? _publisher;
    private readonly SubscriptionTable _subscriptions;

    private SharedTopic(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(RingOffset);
            _ring = new RingMemory(segment, RingOffset, 0);
            Overflow = *(uint*)segment.Body == (uint)TopicOverflow.DropOldest ? TopicOverflow.DropOldest : TopicOverflow.Block;
            _subscriptions = TableOf(segment);
            _publisher = new TopicPublisher(_ring, _subscriptions, Overflow);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of messages that the topic's ring holds; larger messages are held beside it, up to as many bytes again.</summary>
    public long Capacity => _ring!.Capacity;

    /// <summary>What happens when the ring is full of messages that a subscription has not received.</summary>
    public TopicOverflow Overflow { get; }

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _ring!.DefaultFormat;

    /// <inheritdoc/>
    public bool IsClosed => IsDisposed || _ring!.IsClosed;

    /// <summary>Messages published since the topic was made.</summary>
    public long Published => IsDisposed ? 0 : (long)_ring!.Sent.Snapshot(_ring.Tail).Count;

    /// <summary>Messages that are still there for a subscription from the oldest on.</summary>
    public long Count => IsDisposed ? 0 : _ring!.Count;

    /// <summary>Subscriptions of living processes.</summary>
    public int SubscriptionCount => IsDisposed ? 0 : _subscriptions.CountLiving();

    /// <summary>Makes a topic.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two of at least 4096; reserved at once.</param>
    /// <param name="overflow">What to do when the ring is full of messages that a subscription has not received.</param>
    /// <param name="defaultFormat">The number of the serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the topic of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static SharedTopic Create(
        string? name = null,
        long capacity = DefaultCapacity,
        TopicOverflow overflow = TopicOverflow.Block,
        MessageFormat defaultFormat = default,
        bool persistent = false,
        IpcDirectory? directory = null,
        bool openExisting = false)
    {
        long rounded = RingMemory.RoundCapacity(capacity);
        return new SharedTopic(Segment.Create(
            directory ?? IpcDirectory.Default,
            ObjectKind.Topic,
            name ?? IpcName.MakeUnique(NamePrefix),
            RingOffset + RingMemory.BytesFor(rounded),
            persistent,
            segment =>
            {
                *(uint*)segment.Body = (uint)overflow;
                RingMemory.Initialize(segment.Body + RingOffset, rounded, 0, defaultFormat);
            },
            openExisting));
    }

    /// <summary>Opens a topic that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedTopic Open(string name, IpcDirectory? directory = null) => new(OpenSegment(name, directory));

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        bool sent = _publisher!.Send(body, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <inheritdoc/>
    public int SendMany(
        ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        MessageRing.CheckLengths(bodies, lengths);
        ThrowIfDisposed();
        int sent = _publisher!.SendMany(bodies, lengths, stamp, deadline, cancellation);
        GC.KeepAlive(this);
        return sent;
    }

    /// <summary>Begins a subscription: it gets every message from now on.</summary>
    /// <param name="fromOldest">Also what the ring still holds.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, or <see cref="IpcErrorKind.OutOfMemory"/> when there are 128 already.</exception>
    public TopicSubscription Subscribe(bool fromOldest = false, CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        (int Index, uint State) slot;
        _ring!.EnterSend(Deadline.Never, cancellation);
        try
        {
            if (_ring.IsClosed || _ring.IsDetached)
            {
                throw _ring.ClosedError();
            }

            LedgerEntry from = fromOldest ? *_ring.Received.Current(*_ring.Head) : *_ring.Sent.Current(*_ring.Tail);
            slot = _subscriptions.Claim(from, Name);
        }
        finally
        {
            _ring.SendLock.Exit();
            _ring.DataEvent.WakeSleepers();
        }

        return new TopicSubscription(Segment.AddReference(), slot.Index, slot.State, has: true);
    }

    /// <summary>Nothing can be published any more; subscriptions receive what is there, then they end.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Close(CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        _ring!.Close(Deadline.Never, cancellation);
        GC.KeepAlive(this);
    }

    /// <summary>Closes the topic for everybody and takes its name away; subscriptions can still receive what is in its ring, but not large messages.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Remove(CancellationToken cancellation = default)
    {
        Close(cancellation);
        Segment.Remove();
        GC.KeepAlive(this);
    }

    string IMessageTopic.Place => Directory.FullPath;

    IMessageSubscription IMessageTopic.Subscribe(bool fromOldest, CancellationToken cancellation) => Subscribe(fromOldest, cancellation);

    internal static Segment OpenSegment(string name, IpcDirectory? directory) => OpenSegment(ObjectKind.Topic, "topic", name, directory);

    /// <summary>What a body says of what is in it, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body, long size, ParticipantTable participants)
    {
        var ring = new RingCounts(body + RingOffset, size - RingOffset - RingMemory.ControlSize);
        (int living, long behind) = SubscriptionTable.LivingOf(body + TableOffset, ring.Sent, participants);
        return ObjectCounts.OfRing(ring) with { Depth = behind, Subscriptions = living };
    }

    internal static SubscriptionTable TableOf(Segment segment) => new(segment.Body + TableOffset, segment);

    private protected override void Detach(bool disposing) => _ring?.Detach();
}
