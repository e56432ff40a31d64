using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// A subscription to a topic. It belongs to one process: passed on by <c>$using:</c>, as an argument or in a message, it is the receiver's, until
/// a process uses it, whose it stays. It ends with that process.
/// </summary>
public sealed class IpcSubscription : IpcChannel
{
    private readonly IMessageSubscription _subscription;

    internal IpcSubscription(IMessageSubscription subscription)
        : base(subscription) => _subscription = subscription;

    /// <inheritdoc/>
    public override ObjectKind Kind => ObjectKind.Topic;

    /// <summary>The topic's name.</summary>
    public string Topic => Name;

    /// <summary>Messages sent and not yet received.</summary>
    public long Count => _subscription.Count;

    /// <summary>Messages that went before they were received: the topic dropped them as the oldest.</summary>
    public long Lost => _subscription.Lost;

    /// <summary>The process id of the process that has it; 0 once it is over.</summary>
    public int OwnerId => _subscription.OwnerProcessId;

    /// <inheritdoc/>
    public override IpcReference Reference => new(ObjectKind.Topic, Name, _subscription.Place, _subscription.Part);

    /// <inheritdoc/>
    public override bool IsRemoved => _subscription.IsRemoved;

    internal override bool TakesSecrets => false;

    internal override IMessageSender Sender => throw new IpcException(
        IpcErrorKind.NotSupported, Messages.SubscriptionOnlyReceives.With(Name), Name);

    internal override IMessageReceiver Receiver => _subscription;

    internal override IWaitable Waitable => _subscription.Waitable;

    /// <inheritdoc/>
    public override IpcReference PassOn()
    {
        _subscription.PassOn();
        return Reference;
    }

    /// <summary>Ends the subscription.</summary>
    /// <param name="cancellation">Not used.</param>
    public override void Remove(CancellationToken cancellation = default) => _subscription.Close(cancellation);

    /// <summary>Opens the subscription that arrived as a reference: it is this process's from now on.</summary>
    internal static IpcSubscription Open(IpcReference reference) =>
        TopicSubscription.Open(reference.Name, reference.Part, IpcDirectory.At(reference.Directory)) is { } opened
            ? new(opened)
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.ReferenceSubscriptionInvalid.With(reference.Name), reference.Name);

    internal override void CloseUntaken() => _subscription.CloseUntaken();
}
