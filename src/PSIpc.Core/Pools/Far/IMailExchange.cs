using PSIpc.Core.Channels;

namespace PSIpc.Core.Pools.Far;

/// <summary>Named mailboxes that both ends of a pool over several machines reach: queues of bytes, in order, nothing lost while both ends live.</summary>
internal interface IMailExchange : IDisposable
{
    /// <summary>Opens a mailbox to send into, and makes it if it is not there.</summary>
    IMessageSender OpenSender(string mailbox);

    /// <summary>Opens a mailbox to receive from, and makes it if it is not there.</summary>
    IMessageReceiver OpenReceiver(string mailbox);

    /// <summary>How many messages are in a mailbox that nobody has fetched, as far as that is known; makes it if it is not there, and keeps it from going for want of use.</summary>
    long Count(string mailbox, CancellationToken cancellation);

    /// <summary>Removes a mailbox; nothing happens when there is none.</summary>
    void Remove(string mailbox);
}
