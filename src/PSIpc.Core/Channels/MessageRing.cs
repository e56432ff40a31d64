using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>A record ring for any number of senders and receivers: messages in order, each received once.</summary>
internal sealed unsafe class MessageRing
{
    private readonly RingMemory _ring;
    private readonly RingSender _sender;
    private readonly RingReceiver _receiver;

    /// <summary>Opens the ring at an offset of a segment's body: which of the segment's rings it is, from 0 to 3. The peer ends waits for a process that is gone.</summary>
    public MessageRing(Segment segment, long offset, int index, IRingPeer? peer = null)
    {
        _ring = new RingMemory(segment, offset, index);
        _sender = new RingSender(_ring, peer);
        _receiver = _ring.RequiresConfirmation ? new ConfirmingReceiver(_ring) : new RingReceiver(_ring, peer);
    }

    public long Capacity => _ring.Capacity;

    public long MaxCount => _ring.MaxCount;

    public MessageFormat DefaultFormat => _ring.DefaultFormat;

    public bool IsClosed => _ring.IsClosed || _ring.IsDetached;

    public RingMemory Memory => _ring;

    /// <summary>The receiving side, to be waited for.</summary>
    public IWaitable Waitable => _receiver;

    /// <summary>Messages that were given out and not confirmed.</summary>
    public long Unconfirmed => _receiver is ConfirmingReceiver confirming ? confirming.Unconfirmed : 0;

    /// <summary>Gives a delivery of a message back.</summary>
    public void Release(ulong position, int delivery, CancellationToken cancellation) => (_receiver as ConfirmingReceiver)?.Release(position, delivery, cancellation);

    /// <summary>Confirms a delivery of a message; false when the message was confirmed before.</summary>
    public bool Confirm(ulong position, int delivery, CancellationToken cancellation) => _receiver is ConfirmingReceiver confirming
        ? confirming.Confirm(position, delivery, cancellation)
        : throw new IpcException(IpcErrorKind.NotSupported, Messages.ChannelWithoutConfirmation.With(_ring.Segment.Kind, _ring.Segment.Name), _ring.Segment.Name);

    public long Count => _ring.Count;

    public long Bytes => _ring.Bytes;

    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation) =>
        _sender.Send(body, stamp, deadline, cancellation);

    public bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation) =>
        _receiver.Receive(message, peek, deadline, cancellation);

    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation) =>
        _sender.SendMany(bodies, lengths, stamp, deadline, cancellation);

    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation) =>
        _receiver.ReceiveMany(batch, deadline, cancellation);

    public long Clear(CancellationToken cancellation) => _receiver.Clear(cancellation);

    /// <summary>Refuses lengths that are negative or together more than the bytes.</summary>
    public static void CheckLengths(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths)
    {
        long total = 0;
        foreach (int length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(lengths));
            total += length;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(total, bodies.Length, nameof(lengths));
    }

    public void Close(Deadline deadline, CancellationToken cancellation) => _ring.Close(deadline, cancellation);

    /// <summary>Waits until nothing is in the ring; false when the time is up.</summary>
    public bool WaitUntilEmpty(Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            uint seen = _ring.SpaceEvent.Prepare();
            bool guarded = _ring.ReceiveLock.IsHeld;
            if (Volatile.Read(ref *_ring.Head) == Volatile.Read(ref *_ring.Tail) || _ring.IsDetached)
            {
                return true;
            }

            if (deadline.IsOver)
            {
                return false;
            }

            _ring.SleepForSpace(seen, guarded, deadline, cancellation);
        }
    }

    /// <summary>Ends the waits of this handle: the caller lets go of the ring.</summary>
    public void Detach() => _ring.Detach();
}
