using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// A queue of objects between any number of processes: each is received once, those of one sender in order.
/// </summary>
/// <remarks>Its methods are for tight loops, where a cmdlet call would cost more than the message. All of them may be called from any thread.</remarks>
public sealed class IpcQueue : IIpcObject
{
    private readonly SharedQueue _queue;

    internal IpcQueue(SharedQueue queue)
    {
        _queue = queue;
        Serializer = IpcSerializers.Get(queue.DefaultFormat).Name;
    }

    /// <inheritdoc/>
    public string Name => _queue.Name;

    /// <inheritdoc/>
    public ObjectKind Kind => ObjectKind.Queue;

    /// <summary>Messages sent and not yet received.</summary>
    public long Count => _queue.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => _queue.Bytes;

    /// <summary>Bytes of messages that the queue holds; larger messages go beside it, up to as many bytes again.</summary>
    public long Capacity => _queue.Capacity;

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public long MaxCount => _queue.MaxCount;

    /// <summary>Whether nothing can be sent any more.</summary>
    public bool IsClosed => _queue.IsClosed;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _queue.IsPersistent;

    /// <summary>The name of the serializer of senders that name none.</summary>
    public string Serializer { get; }

    /// <inheritdoc/>
    public IpcReference Reference => new(ObjectKind.Queue, Name, _queue.Directory.FullPath);

    /// <summary>Whether the queue was removed by anybody, or this object disposed.</summary>
    internal bool IsRemoved => _queue.IsRemoved;

    /// <summary>The channel of bytes under the queue.</summary>
    internal SharedQueue Channel => _queue;

    /// <summary>Makes a queue.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two; reserved at once.</param>
    /// <param name="maxCount">The most messages at a time; 0 for no limit but the bytes.</param>
    /// <param name="serializer">The serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcQueue Create(
        string? name = null,
        long capacity = SharedQueue.DefaultCapacity,
        long maxCount = 0,
        string serializer = IpcSerializers.DefaultName,
        bool persistent = false) =>
        new(SharedQueue.Create(name, capacity, maxCount, IpcSerializers.Get(serializer).Format, persistent));

    /// <summary>Opens a queue that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static IpcQueue Open(string name) => new(SharedQueue.Open(name));

    /// <summary>Sends an object, waiting for room.</summary>
    /// <param name="value">The object.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.Serialization"/>, <see cref="IpcErrorKind.OutOfMemory"/>.</exception>
    public void Send(object? value) => SendBefore(value, Deadline.Never);

    /// <summary>Sends an object, waiting for room for a time.</summary>
    /// <param name="value">The object.</param>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/> when there was no room in time, and as <see cref="Send(object?)"/>.</exception>
    public void Send(object? value, object timeout)
    {
        if (!SendBefore(value, Deadline.After(IpcTimeout.Parse(timeout))))
        {
            throw IpcTimeout.Full(Name);
        }
    }

    /// <summary>Sends an object if there is room now.</summary>
    /// <param name="value">The object.</param>
    /// <returns>Whether it was sent.</returns>
    public bool TrySend(object? value) => SendBefore(value, Deadline.Now);

    /// <summary>Receives an object, waiting for it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the queue is closed and drained; <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public object? Receive()
    {
        MessageCodec.TryReceiveBody(_queue, peek: false, Deadline.Never, default, out object? body);
        return body;
    }

    /// <summary>Receives an object, waiting for it for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/> when there was none in time, and as <see cref="Receive()"/>.</exception>
    public object? Receive(object timeout) =>
        MessageCodec.TryReceiveBody(_queue, peek: false, Deadline.After(IpcTimeout.Parse(timeout)), default, out object? body)
            ? body
            : throw IpcTimeout.Empty(Name);

    /// <summary>Receives an object if there is one now.</summary>
    /// <param name="value">The object.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the queue is closed and drained; <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool TryReceive(ref object? value)
    {
        bool received = MessageCodec.TryReceiveBody(_queue, peek: false, Deadline.Now, default, out object? body);
        value = received ? body : value;
        return received;
    }

    /// <summary>Sends bytes as they are (serializer Raw), waiting for room.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="IpcException">As <see cref="Send(object?)"/>.</exception>
    public void SendBytes(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        _queue.Send(bytes, MessageStamp.Now(RawSerializer.FormatNumber), Deadline.Never);
    }

    /// <summary>Receives the bytes of a message as they are, whatever serializer wrote them, waiting for it.</summary>
    /// <exception cref="IpcException">As <see cref="Receive()"/>.</exception>
    public byte[] ReceiveBytes()
    {
        var message = new ReceivedMessage();
        _queue.Receive(message, Deadline.Never);
        return MemoryMarshal.TryGetArray(message.Body, out ArraySegment<byte> bytes) && bytes.Count == bytes.Array!.Length
            ? bytes.Array
            : message.Body.ToArray();
    }

    /// <summary>No more sends, by anybody; receivers drain what is there.</summary>
    public void Close() => _queue.Close();

    /// <summary>Lets go of the queue. It is gone when the last process has let go of it, unless it is persistent.</summary>
    public void Dispose()
    {
        OpenObjects.Forget(this);
        _queue.Dispose();
    }

    /// <summary>The queue's name.</summary>
    public override string ToString() => Name;

    /// <summary>Opens the queue that arrived as a reference.</summary>
    internal static IpcQueue Open(IpcReference reference) =>
        new(SharedQueue.Open(reference.Name, IpcDirectory.At(reference.Directory)));

    private bool SendBefore(object? value, Deadline deadline) =>
        MessageCodec.Send(_queue, value, IpcSerializers.Get(Serializer), deadline, default);
}
