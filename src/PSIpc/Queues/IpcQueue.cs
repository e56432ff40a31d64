using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A queue of objects between any number of processes: each is received once, those of one sender in order.</summary>
public sealed class IpcQueue : IpcChannel
{
    private readonly IMessageQueue _queue;
    private Guid _receiverId;

    internal IpcQueue(IMessageQueue queue)
        : base(queue) => _queue = queue;

    /// <inheritdoc/>
    public override ObjectKind Kind => ObjectKind.Queue;

    /// <summary>Messages sent and not yet received.</summary>
    public long Count => _queue.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => _queue.Bytes;

    /// <summary>Bytes of messages that the queue holds; larger messages go beside it, up to as many bytes again.</summary>
    public long Capacity => _queue.Capacity;

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public long MaxCount => _queue.MaxCount;

    /// <summary>Whether a message stays until its receiver confirms it, and comes again to another one when its receiver is gone before.</summary>
    public bool RequiresConfirmation => _queue.RequiresConfirmation;

    /// <summary>Messages received and not confirmed; those of receivers that are gone too, until they are received again.</summary>
    public long Unconfirmed => _queue.Unconfirmed;

    /// <summary>Whether it stays when the last process leaves it.</summary>
    public bool IsPersistent => _queue.IsPersistent;

    /// <inheritdoc/>
    public override IpcReference Reference => new(ObjectKind.Queue, Name, _queue.Place);

    /// <inheritdoc/>
    public override bool IsRemoved => _queue.IsRemoved;

    internal static NamedObjects<IpcQueue> Named { get; } = new(ObjectKind.Queue, "queue", Open);

    internal override IMessageSender Sender => _queue;

    internal override IMessageReceiver Receiver => _queue;

    internal override IWaitable Waitable => _queue.Waitable;

    internal override bool TakesSecrets => _queue is SharedQueue { IsPersistent: false };

    internal override bool GivesMessages => RequiresConfirmation;

    /// <summary>A number by which messages that this handle received, and that come back from another process, find it again.</summary>
    internal Guid ReceiverId
    {
        get
        {
            if (_receiverId == Guid.Empty)
            {
                _receiverId = Guid.NewGuid();
            }

            return _receiverId;
        }
    }

    /// <summary>The channel of bytes under the queue.</summary>
    internal IMessageQueue Channel => _queue;

    /// <summary>Makes a queue.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="capacity">Bytes of messages that it holds, rounded up to a power of two; reserved at once.</param>
    /// <param name="maxCount">The most messages at a time; 0 for no limit but the bytes.</param>
    /// <param name="serializer">The serializer of senders that name none.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="requireConfirmation">Whether a message stays until its receiver confirms it.</param>
    /// <param name="openExisting">Whether to open the queue of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcQueue Create(
        string? name = null,
        long capacity = SharedQueue.DefaultCapacity,
        long maxCount = 0,
        string serializer = IpcSerializers.DefaultName,
        bool persistent = false,
        bool requireConfirmation = false,
        bool openExisting = false) =>
        new(SharedQueue.Create(name, capacity, maxCount, IpcSerializers.FormatOf(serializer), persistent, requireConfirmation, openExisting: openExisting));

    /// <summary>Opens a queue that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static IpcQueue Open(string name) => new(SharedQueue.Open(name));

    /// <summary>Drops all messages.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <returns>How many.</returns>
    public long Clear(CancellationToken cancellation = default) => _queue.Clear(cancellation);

    /// <summary>Confirms a message that this process received: it is done with.</summary>
    /// <param name="message">What was received.</param>
    /// <returns>False when it had been confirmed, or dropped, before.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when it has gone to another receiver; <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public bool Confirm(IpcMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Channel == ShownName
            ? message.Confirm()
            : throw new IpcException(IpcErrorKind.NotOwner, Messages.MessageOfAnotherQueue.With(message.Channel, ShownName), ShownName);
    }

    /// <summary>Closes the queue for everybody, drops its messages and takes its name away.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public override void Remove(CancellationToken cancellation = default) => _queue.Remove(cancellation);

    private protected override void OnDisposed()
    {
        if (_receiverId != Guid.Empty)
        {
            MessageReceipt.Forget(_receiverId);
        }
    }

    /// <summary>Opens the queue that arrived as a reference.</summary>
    internal static IpcQueue Open(IpcReference reference) =>
        new(SharedQueue.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
