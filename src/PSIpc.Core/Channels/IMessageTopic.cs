namespace PSIpc.Core.Channels;

/// <summary>What stands behind a topic: shared memory of this machine, or a server.</summary>
internal interface IMessageTopic : IMessageSender
{
    /// <summary>Where it is: the full path of a folder, or the address of a server without a password.</summary>
    string Place { get; }

    /// <summary>Bytes of messages that it holds; 0 for no limit.</summary>
    long Capacity { get; }

    /// <summary>What happens when it is full of messages that a subscription has not received.</summary>
    TopicOverflow Overflow { get; }

    /// <summary>Messages sent since it was made.</summary>
    long Published { get; }

    /// <summary>Messages that are still there, for a subscription from the oldest on.</summary>
    long Count { get; }

    /// <summary>Subscriptions of living processes.</summary>
    int SubscriptionCount { get; }

    /// <summary>Whether it stays when the last process leaves it.</summary>
    bool IsPersistent { get; }

    /// <summary>Whether it was removed, or this handle disposed.</summary>
    bool IsRemoved { get; }

    /// <summary>Begins a subscription.</summary>
    IMessageSubscription Subscribe(bool fromOldest, CancellationToken cancellation);

    /// <summary>Closes it for everybody and takes its name away.</summary>
    void Remove(CancellationToken cancellation);
}
