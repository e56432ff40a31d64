using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A topic: each subscription gets every object that is sent from its start on, in the same order.</summary>
public sealed class IpcTopic : IpcChannel
{
    private readonly IMessageTopic _topic;

    internal IpcTopic(IMessageTopic topic)
        : base(topic) => _topic = topic;

    /// <inheritdoc/>
    public override ObjectKind Kind => ObjectKind.Topic;

    /// <summary>Bytes of messages that it holds; larger messages go beside it, up to as many bytes again.</summary>
    public long Capacity => _topic.Capacity;

    /// <summary>What happens when it is full of messages that a subscription has not received.</summary>
    public TopicOverflow OnOverflow => _topic.Overflow;

    /// <summary>Messages sent since the topic was made.</summary>
    public long Published => _topic.Published;

    /// <summary>Messages that are still there, for a subscription from the oldest on.</summary>
    public long Count => _topic.Count;

    /// <summary>Subscriptions of living processes.</summary>
    public int Subscriptions => _topic.SubscriptionCount;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _topic.IsPersistent;

    /// <inheritdoc/>
    public override IpcReference Reference => new(ObjectKind.Topic, Name, _topic.Place);

    /// <inheritdoc/>
    public override bool IsRemoved => _topic.IsRemoved;

    internal static NamedObjects<IpcTopic> Named { get; } = new(ObjectKind.Topic, "topic", Open);

    internal override IMessageSender Sender => _topic;

    internal override bool TakesSecrets => _topic is SharedTopic { IsPersistent: false };

    internal override IMessageReceiver Receiver => throw OnlySentInto();

    internal override IWaitable Waitable => throw OnlySentInto();

    /// <summary>Makes a topic.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two; reserved at once.</param>
    /// <param name="onOverflow">What to do when it is full of messages that a subscription has not received.</param>
    /// <param name="serializer">The serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the topic of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcTopic Create(
        string? name = null,
        long capacity = SharedTopic.DefaultCapacity,
        TopicOverflow onOverflow = TopicOverflow.Block,
        string serializer = IpcSerializers.DefaultName,
        bool persistent = false,
        bool openExisting = false) =>
        new(SharedTopic.Create(name, capacity, onOverflow, IpcSerializers.FormatOf(serializer), persistent, openExisting: openExisting));

    /// <summary>Opens a topic that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static IpcTopic Open(string name) => new(SharedTopic.Open(name));

    /// <summary>Begins a subscription: it gets every message from now on.</summary>
    /// <param name="fromOldest">Also the messages that are still there.</param>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, or <see cref="IpcErrorKind.OutOfMemory"/> when there are 128 already.</exception>
    public IpcSubscription Subscribe(bool fromOldest = false, CancellationToken cancellation = default) =>
        new(_topic.Subscribe(fromOldest, cancellation));

    /// <summary>Closes the topic for everybody and takes its name away.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public override void Remove(CancellationToken cancellation = default) => _topic.Remove(cancellation);

    /// <summary>Opens the topic that arrived as a reference.</summary>
    internal static IpcTopic Open(IpcReference reference) => new(SharedTopic.Open(reference.Name, IpcDirectory.At(reference.Directory)));

    private IpcException OnlySentInto() =>
        new(IpcErrorKind.NotSupported, Messages.TopicNeedsSubscription.With(Name), Name);
}
