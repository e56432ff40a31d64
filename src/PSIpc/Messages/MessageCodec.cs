using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Objects into a channel of bytes and out of it again.</summary>
internal static class MessageCodec
{
    [ThreadStatic]
    private static ReceivedMessage? _received;

    /// <summary>Serializes and sends an object; false when there was no room in time.</summary>
    public static bool Send(IMessageSender channel, object? value, IIpcSerializer serializer, Deadline deadline, CancellationToken cancellation)
    {
        MessageBuffer buffer = MessageBuffer.Rent();
        try
        {
            serializer.Serialize(value, buffer, IpcSerializers.DefaultDepth);
            return channel.Send(buffer.Written, MessageStamp.Now(serializer.Format), deadline, cancellation);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>
    /// Receives an object, by the serializer that the message names, or an <see cref="IpcMessage"/> with it where that is asked for or the channel
    /// needs it; false when there was none in time.
    /// </summary>
    public static bool TryReceive(
        IpcChannel channel, bool withMetadata, bool peek, Deadline deadline, out object? result, CancellationToken cancellation)
    {
        IMessageReceiver receiver = channel.Receiver;
        ReceivedMessage received = _received ?? new ReceivedMessage();
        _received = null;
        try
        {
            bool found = peek ? receiver.Peek(received, deadline, cancellation) : receiver.Receive(received, deadline, cancellation);
            result = !found ? null
                : withMetadata || channel.GivesMessages ? new IpcMessage(channel, received)
                : IpcSerializers.Get(received.Stamp.Format).Deserialize(received.Body);
            return found;
        }
        finally
        {
            _received = received;
        }
    }
}
