using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>A received message with what is known about it: what <c>Receive-IpcMessage -IncludeMetadata</c> writes, and each receive from a queue that requires confirmation.</summary>
public sealed class IpcMessage
{
    private readonly IMessageQueue? _queue;
    private readonly ulong _position;

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
        _queue = (channel as IpcQueue)?.Channel;
        _position = received.Position;
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

    /// <summary>Confirms the message to the queue that it came from: it is done with.</summary>
    /// <returns>False when it had been confirmed, or dropped, before.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> when its channel requires no confirmation; <see cref="IpcErrorKind.NotOwner"/> when it has gone to another receiver.</exception>
    public bool Confirm() => Confirm(default);

    internal bool Confirm(CancellationToken cancellation) => _queue is null
        ? throw new IpcException(IpcErrorKind.NotSupported, Messages.MessageNeedsNoConfirmation.With(Channel), Channel)
        : _queue.Confirm(_position, cancellation);
}
