using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>What stands behind a subscription: shared memory of this machine, or a server.</summary>
internal interface IMessageSubscription : IMessageReceiver
{
    /// <summary>Where its topic is: the full path of a folder, or the address of a server without a password.</summary>
    string Place { get; }

    /// <summary>What tells it from other subscriptions to its topic; never 0.</summary>
    long Part { get; }

    /// <summary>Messages that went before they were received.</summary>
    long Lost { get; }

    /// <summary>The process that has it; 0 once it is over.</summary>
    int OwnerProcessId { get; }

    /// <summary>Whether its topic was removed, or this handle disposed.</summary>
    bool IsRemoved { get; }

    /// <summary>What is waited for: a message, or the end.</summary>
    IWaitable Waitable { get; }

    /// <summary>Lets another process have it.</summary>
    void PassOn();

    /// <summary>Ends it if nobody took it who was to have it.</summary>
    void CloseUntaken();
}
