using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Objects into a channel of bytes and out of it again.</summary>
internal static class MessageCodec
{
    /// <summary>Where the exception of a message that cannot be read has its bytes: <c>$_.Exception.Data['MessageBytes']</c>.</summary>
    private const string BytesKey = "MessageBytes";

    [ThreadStatic]
    private static ReceivedMessage? _received;

    /// <summary>Serializes and sends an object; false when there was no room in time.</summary>
    /// <param name="channel">Where to.</param>
    /// <param name="value">The object.</param>
    /// <param name="serializer">What writes it.</param>
    /// <param name="options">What may be in it, and who asks what became of it.</param>
    /// <param name="deadline">Until when to wait for room.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static bool Send(IMessageSender channel, object? value, IIpcSerializer serializer, WriteOptions options, Deadline deadline, CancellationToken cancellation)
    {
        MessageBuffer buffer = MessageBuffer.Rent(options);
        try
        {
            Write(value, serializer, buffer);
            return channel.Send(buffer.Written, buffer.Stamp(serializer.Format), deadline, cancellation);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Serializes an object and sends it on its way; its outcome comes with the object.</summary>
    public static void Post(ISendPipeline pipeline, object? value, IIpcSerializer serializer, WriteOptions options, Deadline deadline, CancellationToken cancellation)
    {
        MessageBuffer buffer = MessageBuffer.Rent(options);
        try
        {
            Write(value, serializer, buffer);
            pipeline.Post(buffer.Written, buffer.Stamp(serializer.Format), value, deadline, cancellation);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Writes an object, and before it the name of a serializer that has no number of its own.</summary>
    public static void Write(object? value, IIpcSerializer serializer, MessageBuffer buffer)
    {
        (serializer as NamedSerializer)?.WriteName(buffer);
        serializer.Serialize(value, buffer, IpcSerializers.DefaultDepth);
    }

    /// <summary>
    /// The object in a message, by the serializer that the message names, or that was asked for where messages name none. The exception of one that cannot be read has its bytes.
    /// </summary>
    /// <param name="channel">Where it came from.</param>
    /// <param name="received">The message.</param>
    /// <param name="reader">What was asked for: for all messages that name none, for those of its own format where they do; null for nothing.</param>
    /// <param name="serializer">What it was read by.</param>
    public static object? Read(IpcChannel channel, ReceivedMessage received, IIpcSerializer? reader, out IIpcSerializer serializer)
    {
        try
        {
            ReadOnlyMemory<byte> body = received.Body;
            IIpcSerializer? own = channel.Reader;
            bool isMeant = reader is not null && (own is not null || reader.Format == received.Stamp.Format);
            if ((isMeant ? reader : own) is { } chosen)
            {
                serializer = chosen;
                if (chosen is NamedSerializer)
                {
                    NamedSerializer.ReadName(ref body);
                }
            }
            else
            {
                serializer = IpcSerializers.Of(received.Stamp.Format, ref body);
            }

            return serializer.Deserialize(body);
        }
        catch (IpcException e)
        {
            // The message has left the channel: nobody else could read it.
            e.Data[BytesKey] = received.Body.ToArray();
            throw;
        }
    }

    /// <summary>Whether an error is about a message that left its channel and could not be read.</summary>
    public static bool HasLeft(IpcException error) => error.Data.Contains(BytesKey);

    /// <summary>
    /// Receives an object, by the serializer that the message names, or an <see cref="IpcMessage"/> with it where that is asked for or the channel
    /// needs it; false when there was none in time.
    /// </summary>
    public static bool TryReceive(
        IpcChannel channel, bool withMetadata, bool peek, Deadline deadline, out object? result, CancellationToken cancellation, IIpcSerializer? by = null)
    {
        IMessageReceiver receiver = channel.Receiver;
        ReceivedMessage received = _received ?? new ReceivedMessage();
        _received = null;
        try
        {
            SecretBuffers.Begin();
            bool found = peek ? receiver.Peek(received, deadline, cancellation) : receiver.Receive(received, deadline, cancellation);
            result = !found ? null
                : withMetadata || channel.GivesMessages ? new IpcMessage(channel, received, by)
                : Read(channel, received, by, out _);
            SecretBuffers.ClearIfRead(received.Body);
            return found;
        }
        finally
        {
            _received = received;
        }
    }
}
