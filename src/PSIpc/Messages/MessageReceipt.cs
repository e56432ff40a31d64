using System.Collections.Concurrent;
using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc;

/// <summary>
/// By what a delivered message is confirmed: the queue, the position in it, and which delivery it was. It travels with the message. A queue in shared memory takes it
/// from every process; on a server a delivery belongs to the handle that received it, so it is confirmed in that process only.
/// </summary>
internal sealed class MessageReceipt
{
    private static readonly ConcurrentDictionary<Guid, WeakReference<IpcQueue>> Receivers = new();
    private static readonly ConcurrentDictionary<IpcReference, IpcQueue> Opened = new();

    private readonly IpcQueue? _queue;
    private readonly IpcReference? _reference;

    /// <summary>The receipt of a message that was received here.</summary>
    public MessageReceipt(IpcQueue queue, ReceivedMessage received)
    {
        _queue = queue;
        Source = queue.Channel.Id;
        Position = received.Position;
        Delivery = received.Delivery;
    }

    /// <summary>The receipt of a message that travelled.</summary>
    public MessageReceipt(IpcReference reference, Guid receiver, Guid source, ulong position, int delivery)
    {
        _reference = reference;
        Receiver = receiver;
        Source = source;
        Position = position;
        Delivery = delivery;
        if (Receivers.TryGetValue(receiver, out WeakReference<IpcQueue>? known))
        {
            known.TryGetTarget(out _queue);
        }
    }

    /// <summary>The queue.</summary>
    public IpcReference Reference => _reference ?? _queue!.Reference;

    /// <summary>The number of the handle that received it, in the process that did; made when the message travels.</summary>
    public Guid Receiver { get; private set; }

    /// <summary>The number of the queue itself, so that none of the same name is taken for it.</summary>
    public Guid Source { get; }

    /// <summary>Where it is in the queue.</summary>
    public ulong Position { get; }

    /// <summary>Which delivery it was.</summary>
    public int Delivery { get; }

    /// <summary>Notes that it is on its way to another process, and may come back from there.</summary>
    public void PassOn()
    {
        _queue?.PassOn();
        if (Receiver == Guid.Empty && _queue is not null)
        {
            Receiver = _queue.ReceiverId;
            Receivers.TryAdd(Receiver, new WeakReference<IpcQueue>(_queue));
        }
    }

    /// <summary>Confirms it; false when that was done before, or the message dropped.</summary>
    public bool Confirm(CancellationToken cancellation) => Queue().Channel.Confirm(Position, Delivery, cancellation);

    /// <summary>Gives it back: the message is delivered again.</summary>
    public void Release() => Queue().Channel.Release(Position, Delivery, default);

    /// <summary>Forgets a handle that is disposed.</summary>
    public static void Forget(Guid receiver) => Receivers.TryRemove(receiver, out _);

    /// <summary>Lets go of the queues that were opened to confirm messages which travelled here.</summary>
    public static void CloseOpened()
    {
        foreach (IpcReference reference in Opened.Keys)
        {
            if (Opened.TryRemove(reference, out IpcQueue? queue))
            {
                queue.Dispose();
            }
        }
    }

    private IpcQueue Queue()
    {
        if (_queue is not null)
        {
            return _queue;
        }

        IpcReference reference = Reference;
        if (Source == Guid.Empty)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.MessageReceivedInAnotherProcess.With(reference.Name), reference.Name);
        }

        if (Opened.TryGetValue(reference, out IpcQueue? opened) && (opened.IsRemoved || opened.Channel.Id != Source))
        {
            Opened.TryRemove(reference, out _);
            opened.Dispose();
            opened = null;
        }

        opened ??= Opened.GetOrAdd(reference, IpcQueue.Open);
        return opened.Channel.Id == Source ? opened : throw new IpcException(IpcErrorKind.Closed, Messages.MessageQueueRemoved.With(reference.Name), reference.Name);
    }
}
