using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>What stands behind a queue: shared memory of this machine, or a server.</summary>
/// <remarks>The classes behind it are sealed and are called through it once a message, as they are through <see cref="IMessageSender"/> anyway.</remarks>
internal interface IMessageQueue : IMessageSender, IMessageReceiver
{
    /// <summary>Where it is: the full path of a folder, or the address of a server without a password.</summary>
    string Place { get; }

    /// <summary>Bytes that its messages take.</summary>
    long Bytes { get; }

    /// <summary>Bytes of messages that it holds; 0 for no limit.</summary>
    long Capacity { get; }

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    long MaxCount { get; }

    /// <summary>Whether a message stays until its receiver confirms it.</summary>
    bool RequiresConfirmation { get; }

    /// <summary>Messages that were received and not confirmed.</summary>
    long Unconfirmed { get; }

    /// <summary>Whether it stays when the last process leaves it.</summary>
    bool IsPersistent { get; }

    /// <summary>Whether it was removed, or this handle disposed.</summary>
    bool IsRemoved { get; }

    /// <summary>What is waited for: a message, or the end.</summary>
    IWaitable Waitable { get; }

    /// <summary>Its number among all objects of this folder; empty on a server, where a delivery belongs to the handle that received it.</summary>
    Guid Id { get; }

    /// <summary>Confirms a delivery by the position and the number that it was received with; false when that was done before.</summary>
    bool Confirm(ulong position, int delivery, CancellationToken cancellation);

    /// <summary>Gives a delivery back, which is not going to be confirmed: the message is delivered again.</summary>
    void Release(ulong position, int delivery, CancellationToken cancellation);

    /// <summary>Drops all messages; returns how many.</summary>
    long Clear(CancellationToken cancellation);

    /// <summary>Waits until all messages are received, and confirmed where they must be; false when the time is up.</summary>
    bool WaitUntilEmpty(Deadline deadline, CancellationToken cancellation);

    /// <summary>Closes it for everybody, drops its messages and takes its name away.</summary>
    void Remove(CancellationToken cancellation);
}
