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

    /// <summary>Receives and reads an object, by the serializer that the message names; false when there was none in time.</summary>
    public static bool TryReceiveBody(IMessageReceiver channel, bool peek, Deadline deadline, CancellationToken cancellation, out object? body) =>
        TryReceive(channel, peek, ReadBody, deadline, out body, cancellation);

    /// <summary>Receives and reads an object with what is known about it; false when there was none in time.</summary>
    public static bool TryReceive(IMessageReceiver channel, bool peek, Deadline deadline, CancellationToken cancellation, out IpcMessage? message) =>
        TryReceive(channel, peek, Read, deadline, out message, cancellation);

    private static bool TryReceive<T>(
        IMessageReceiver channel, bool peek, Func<ReceivedMessage, T?> read, Deadline deadline, out T? result, CancellationToken cancellation)
        where T : class
    {
        ReceivedMessage received = _received ?? new ReceivedMessage();
        _received = null;
        try
        {
            bool found = peek ? channel.Peek(received, deadline, cancellation) : channel.Receive(received, deadline, cancellation);
            result = found ? read(received) : null;
            return found;
        }
        finally
        {
            _received = received;
        }
    }

    private static object? ReadBody(ReceivedMessage received) => IpcSerializers.Get(received.Stamp.Format).Deserialize(received.Body);

    private static IpcMessage Read(ReceivedMessage received)
    {
        IIpcSerializer serializer = IpcSerializers.Get(received.Stamp.Format);
        return new IpcMessage
        {
            Body = serializer.Deserialize(received.Body),
            SenderId = received.SenderId,
            Sequence = received.Sequence,
            SentAt = received.Stamp.SentAtUtc?.ToLocalTime(),
            Serializer = serializer.Name,
            Size = received.Length,
        };
    }
}
