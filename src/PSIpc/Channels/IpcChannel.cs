using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>What objects are sent into and received from: a queue, an end of a pipe, a topic, a subscription, a connection.</summary>
/// <remarks>Its methods are for tight loops, where a cmdlet call would cost more than the message. All of them may be called from any thread.</remarks>
public abstract class IpcChannel : IIpcObject
{
    private readonly IMessageChannel _channel;
    private readonly IIpcSerializer? _builtIn;
    private CStruct? _layout;
    private CStructIpcSerializer? _byLayout;

    private protected IpcChannel(IMessageChannel channel)
    {
        _channel = channel;
        Serializer = IpcSerializers.NameOf(channel.DefaultFormat);
        _builtIn = channel.DefaultFormat.Number == IpcSerializers.NamedFormat ? null : IpcSerializers.Get(channel.DefaultFormat.Number);
    }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            OpenObjects.Keep(Owner);
            return _channel.Name;
        }
    }

    string IIpcObject.ShownName => ShownName;

    /// <summary>As <see cref="Name"/>, for messages; to read it does not keep the channel.</summary>
    internal string ShownName => _channel.Name;

    /// <summary>The object that this is a part of; itself where it is whole. A part keeps it.</summary>
    private protected virtual IIpcObject Owner => this;

    /// <inheritdoc/>
    public abstract ObjectKind Kind { get; }

    /// <summary>Whether nothing can be sent any more.</summary>
    public bool IsClosed => _channel.IsClosed;

    /// <summary>The name of the serializer of senders that name none.</summary>
    public string Serializer { get; }

    /// <summary>The layout of senders that name none, where the serializer is CStruct. It belongs to this handle: other processes say their own.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/> where the serializer is another.</exception>
    public CStruct? Layout
    {
        get => _layout;
        set
        {
            _byLayout = value is null ? null : (CStructIpcSerializer)IpcSerializers.Get(Serializer, value);
            _layout = value;
        }
    }

    /// <inheritdoc/>
    public abstract IpcReference Reference { get; }

    /// <inheritdoc/>
    public abstract bool IsRemoved { get; }

    /// <summary>The serializer of senders that name none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> for one of a user's own that this session does not have.</exception>
    internal virtual IIpcSerializer DefaultSerializer => _byLayout ?? _builtIn ?? IpcSerializers.Get(Serializer);

    /// <summary>The serializer of all messages that are received, where they do not say by themselves; null where each does.</summary>
    internal virtual IIpcSerializer? Reader => null;

    /// <summary>Where messages go; an error for a channel that only receives.</summary>
    internal abstract IMessageSender Sender { get; }

    /// <summary>Where messages come from; an error for a channel that is only sent into.</summary>
    internal abstract IMessageReceiver Receiver { get; }

    /// <summary>What Wait-IpcObject waits for: a message, or the channel's end.</summary>
    internal abstract IWaitable Waitable { get; }

    /// <summary>Whether secure strings and credentials may be sent into it without the caller's word: it stays among the processes of this user, and not longer than they.</summary>
    internal abstract bool TakesSecrets { get; }

    /// <summary>Whether a receiver gets each message as an <see cref="IpcMessage"/>, to confirm it by.</summary>
    internal virtual bool GivesMessages => false;

    /// <summary>Sends an object, waiting for room.</summary>
    /// <param name="value">The object.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.Serialization"/>, <see cref="IpcErrorKind.OutOfMemory"/>, <see cref="IpcErrorKind.NotSupported"/> for a channel that is only received from.</exception>
    public void Send(object? value) => SendBefore(value, Deadline.Never);

    /// <summary>Sends an object, waiting for room for a time.</summary>
    /// <param name="value">The object.</param>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/> when there was no room in time, and as <see cref="Send(object?)"/>.</exception>
    public void Send(object? value, object timeout)
    {
        if (!SendBefore(value, Deadline.After(IpcTimeout.Parse(timeout))))
        {
            throw IpcTimeout.Full(ShownName);
        }
    }

    /// <summary>Sends an object if there is room now.</summary>
    /// <param name="value">The object.</param>
    /// <returns>Whether it was sent.</returns>
    public bool TrySend(object? value) => SendBefore(value, Deadline.Now);

    /// <summary>Receives an object, waiting for it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the channel is closed and drained; <see cref="IpcErrorKind.CorruptData"/>, <see cref="IpcErrorKind.NotSupported"/> for a channel that is only sent into.</exception>
    public object? Receive()
    {
        MessageCodec.TryReceive(this, withMetadata: false, peek: false, Deadline.Never, out object? received, default);
        return received;
    }

    /// <summary>Receives an object, waiting for it for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/> when there was none in time, and as <see cref="Receive()"/>.</exception>
    public object? Receive(object timeout) =>
        MessageCodec.TryReceive(this, withMetadata: false, peek: false, Deadline.After(IpcTimeout.Parse(timeout)), out object? received, default)
            ? received
            : throw IpcTimeout.Empty(ShownName);

    /// <summary>Receives an object if there is one now.</summary>
    /// <param name="value">The object.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="IpcException">As <see cref="Receive()"/>.</exception>
    public bool TryReceive(ref object? value)
    {
        bool found = MessageCodec.TryReceive(this, withMetadata: false, peek: false, Deadline.Now, out object? received, default);
        value = found ? received : value;
        return found;
    }

    /// <summary>Sends bytes as they are (serializer Raw), waiting for room.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="IpcException">As <see cref="Send(object?)"/>.</exception>
    public void SendBytes(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Sender.Send(bytes, MessageStamp.Now(RawSerializer.FormatNumber), Deadline.Never);
    }

    /// <summary>Receives the bytes of a message as they are, whatever serializer wrote them, waiting for it.</summary>
    /// <exception cref="IpcException">As <see cref="Receive()"/>.</exception>
    public byte[] ReceiveBytes()
    {
        var message = new ReceivedMessage();
        Receiver.Receive(message, Deadline.Never);
        return MemoryMarshal.TryGetArray(message.Body, out ArraySegment<byte> bytes) && bytes.Count == bytes.Array!.Length
            ? bytes.Array
            : message.Body.ToArray();
    }

    /// <summary>No more sends; receivers drain what is there.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public void Close(CancellationToken cancellation = default) => _channel.Close(cancellation);

    /// <inheritdoc/>
    public virtual IpcReference PassOn() => Reference;

    /// <inheritdoc/>
    public abstract void Remove(CancellationToken cancellation = default);

    /// <summary>Lets go of the channel in this process.</summary>
    public void Dispose()
    {
        OpenObjects.Forget(this);
        _channel.Dispose();
        OnDisposed();
        GC.SuppressFinalize(this);
    }

    /// <summary>The channel's name.</summary>
    public override string ToString() => Name;

    /// <summary>Called when this handle has let go of the channel.</summary>
    private protected virtual void OnDisposed()
    {
    }

    /// <summary>Ends what was passed on to a process that is gone and had not taken it.</summary>
    internal virtual void CloseUntaken()
    {
    }

    private bool SendBefore(object? value, Deadline deadline) =>
        MessageCodec.Send(Sender, value, DefaultSerializer, new WriteOptions(TakesSecrets), deadline, default);
}
