using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>A received message with what is known about it: what <c>Receive-IpcMessage -IncludeMetadata</c> writes, and each receive from a queue that requires confirmation.</summary>
/// <remarks>It travels: the process that gets it can confirm it too, as long as it has not been delivered to another receiver.</remarks>
public sealed class IpcMessage
{
    private readonly MessageReceipt? _receipt;

    internal IpcMessage(IpcChannel channel, ReceivedMessage received, IIpcSerializer? by)
    {
        Body = MessageCodec.Read(channel, received, by, out IIpcSerializer serializer);
        SenderId = received.SenderId;
        Sequence = received.Sequence;
        SentAt = received.Stamp.SentAtUtc?.ToLocalTime();
        Serializer = serializer.Name;
        Size = received.Length;
        DeliveryCount = received.DeliveryCount;
        Channel = channel.ShownName;
        _receipt = channel is IpcQueue { RequiresConfirmation: true } queue ? new MessageReceipt(queue, received) : null;
    }

    internal IpcMessage(object? body, MessageFacts facts, MessageReceipt? receipt)
    {
        Body = body;
        SenderId = facts.SenderId;
        Sequence = facts.Sequence;
        SentAt = facts.SentAt;
        Serializer = facts.Serializer;
        Size = facts.Size;
        DeliveryCount = facts.DeliveryCount;
        Channel = facts.Channel;
        _receipt = receipt;
    }

    /// <summary>The object that was sent.</summary>
    public object? Body { get; }

    /// <summary>The process id of the sender; 0 where the system does not tell (TCP).</summary>
    public int SenderId { get; }

    /// <summary>Its place in the order of all messages of the channel, from 1.</summary>
    public long Sequence { get; }

    /// <summary>When it was sent, in local time; null where that does not travel with it (connections).</summary>
    public DateTime? SentAt { get; }

    /// <summary>The name of the serializer that wrote it.</summary>
    public string Serializer { get; }

    /// <summary>The bytes of the body.</summary>
    public int Size { get; }

    /// <summary>How often it was given to a receiver, this time included.</summary>
    public int DeliveryCount { get; }

    /// <summary>Whether a receiver had it before and was gone without confirming it: its work may be half done.</summary>
    public bool Redelivered => DeliveryCount > 1;

    /// <summary>The name of the channel that it came through.</summary>
    public string Channel { get; }

    /// <summary>By what it is confirmed; null where its channel has no confirmation.</summary>
    internal MessageReceipt? Receipt => _receipt;

    /// <summary>What travels beside its body and its receipt.</summary>
    internal MessageFacts Facts => new(SenderId, Sequence, SentAt, Serializer, Size, DeliveryCount, Channel);

    /// <summary>Confirms the message to the queue that it came from: it is done with.</summary>
    /// <returns>False when it had been confirmed, or dropped, before.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> when its channel requires no confirmation, or is on a server and another process received it; <see cref="IpcErrorKind.NotOwner"/> when it has gone to another receiver.</exception>
    public bool Confirm() => Confirm(default);

    internal bool Confirm(CancellationToken cancellation) => _receipt is null
        ? throw new IpcException(IpcErrorKind.NotSupported, Messages.MessageNeedsNoConfirmation.With(Channel), Channel)
        : _receipt.Confirm(cancellation);

    /// <summary>Gives the message back, which is not going to be confirmed: it is delivered again. Does nothing where that is not possible any more.</summary>
    internal void Release()
    {
        try
        {
            _receipt?.Release();
        }
        catch (IpcException)
        {
            // Its queue was removed, and with it the message.
        }
    }
}

/// <summary>What is known about a message beside its body.</summary>
internal readonly record struct MessageFacts(int SenderId, long Sequence, DateTime? SentAt, string Serializer, int Size, int DeliveryCount, string Channel);
