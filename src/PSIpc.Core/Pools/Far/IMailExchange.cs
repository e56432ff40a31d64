using PSIpc.Core.Channels;

namespace PSIpc.Core.Pools.Far;

/// <summary>Named mailboxes that both ends of a pool over several machines reach: queues of bytes, in order, nothing lost while both ends live.</summary>
internal interface IMailExchange : IDisposable
{
    /// <summary>Opens a mailbox to send into, and makes it if it is not there.</summary>
    IMessageSender OpenSender(string mailbox);

    /// <summary>Opens a mailbox to receive from, and makes it if it is not there.</summary>
    IMessageReceiver OpenReceiver(string mailbox);

    /// <summary>Removes a mailbox; nothing happens when there is none.</summary>
    void Remove(string mailbox);
}
