using System.Runtime.CompilerServices;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The receiving side of a record ring.</summary>
/// <remarks>
/// Order of a receive, after the lock: wake who waits for room, copy the record out, fill the ledger, store the head, let go of the lock
/// (a full fence), wake who began to wait meanwhile. A receiver killed before it stored the head has taken nothing. One that has used up
/// what it knew of pauses for some 40 ns before it reads the tail again: reading takes the tail's cache line from the sender, and a
/// sender in full swing has written several messages by then.
/// </remarks>
internal sealed unsafe class RingReceiver(RingMemory ring, IRingPeer? peer = null)
{
    private readonly Spinner _spinner = new();
    private readonly ulong _mask = (ulong)ring.Capacity - 1;

    // Last known tail; never ahead of the truth. Used under the receive lock only.
    private ulong _knownTail;

    private enum Look
    {
        Empty,
        Found,
        Lost,
        Closed,
    }

    /// <summary>Receives one message; false when there was none in time.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the ring is closed and empty.</exception>
    public bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            if (!Enter(deadline, cancellation))
            {
                return false;
            }

            Look look;
            SharedFile? block = null;
            try
            {
                look = TryTake(message, peek, out block);
            }
            finally
            {
                ring.ReceiveLock.Exit();
            }

            if (look != Look.Empty)
            {
                ring.SpaceEvent.WakeSleepers();
                ThrowUnlessFound(look);
                ReadBlock(block, message);
                return true;
            }

            if (!WaitForMessage(deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <summary>Receives at least one message and as many more as are there and fit; false when there was none in time.</summary>
    /// <remarks>A message in a file of its own ends the batch before it, or is one by itself.</remarks>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation)
    {
        batch.Clear();
        while (true)
        {
            if (!Enter(deadline, cancellation))
            {
                return false;
            }

            Look look;
            SharedFile? block = null;
            try
            {
                look = TryTakeMany(batch);
                if (look == Look.Found && batch.Count == 0)
                {
                    look = TryTake(batch.Single, peek: false, out block);
                }
            }
            finally
            {
                ring.ReceiveLock.Exit();
            }

            if (look != Look.Empty)
            {
                ring.SpaceEvent.WakeSleepers();
                ThrowUnlessFound(look);
                if (batch.Count == 0)
                {
                    ReadBlock(block, batch.Single);
                    batch.AddSingle();
                }

                return true;
            }

            if (!WaitForMessage(deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <summary>Drops all that is in the ring now; returns how many messages that was.</summary>
    public long Clear(CancellationToken cancellation)
    {
        ring.EnterReceive(Deadline.Never, cancellation);
        long dropped;
        try
        {
            ulong head = *ring.Head;
            LedgerEntry* current = ring.Received.Current(head);
            LedgerEntry sent = ring.Sent.Snapshot(ring.Tail);
            dropped = (long)(sent.Count - current->Count);
            *ring.Received.Next(current) = sent;
            Volatile.Write(ref *ring.Head, sent.Position);
            if (sent.BlockBytes != 0)
            {
                OverflowBlock.UnlinkRange(ring.Segment, ring.BlockBase, ring.BlockBase + sent.Position - 1);
            }
        }
        finally
        {
            ring.ReceiveLock.Exit();
        }

        ring.SpaceEvent.WakeSleepers();
        return dropped;
    }

    private bool Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (_knownTail == Volatile.Read(ref *ring.Head))
        {
            Thread.SpinWait(1);
        }

        return ring.EnterReceive(deadline, cancellation);
    }

    private void ThrowUnlessFound(Look look)
    {
        if (look != Look.Found)
        {
            throw look == Look.Closed
                ? ring.ClosedError()
                : ring.Corrupt("the file of a large message is gone. That message is lost, the next ones are not");
        }
    }

    /// <summary>Whether there is a message at the head.</summary>
    private Look TryLook(out ulong start)
    {
        start = *ring.Head;
        if (ring.IsDetached)
        {
            return Look.Closed;
        }

        if ((long)(_knownTail - start) <= 0)
        {
            // Closed is read first: whoever closes does so when no send is under way, so an empty look after it is final.
            bool closed = ring.IsClosed;
            _knownTail = Volatile.Read(ref *ring.Tail);
            if (_knownTail == start)
            {
                return closed ? Look.Closed : Look.Empty;
            }
        }

        return _knownTail - start <= (ulong)ring.Capacity && (start & (RingMemory.RecordHeaderSize - 1)) == 0
            ? Look.Found
            : throw ring.Corrupt("its head and tail are further apart than its capacity");
    }

    /// <summary>The record at a position before the known tail, or after the padding that is there; its position, length and size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* RecordAt(ref ulong at, out uint length, out ulong size)
    {
        byte* record = ring.Data + (at & _mask);
        length = *(uint*)record;
        if (length == RingMemory.Padding)
        {
            at += (ulong)ring.Capacity - (at & _mask);
            record = ring.Data;
            length = *(uint*)record;
        }

        size = length <= int.MaxValue ? RingMemory.RecordSize((int)length) : ulong.MaxValue;
        if (size > _knownTail - at || (long)(_knownTail - at) < 0 || size > (ulong)ring.Capacity - (at & _mask))
        {
            throw ring.Corrupt($"a record says that it has {length:N0} bytes");
        }

        return record;
    }

    private Look TryTake(ReceivedMessage message, bool peek, out SharedFile? block)
    {
        block = null;
        Look look = TryLook(out ulong at);
        if (look != Look.Found)
        {
            return look;
        }

        LedgerEntry* current = ring.Received.Current(at);
        byte* record = RecordAt(ref at, out uint length, out ulong size);
        message.SenderId = *(int*)(record + 4);
        message.Stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        message.Sequence = (long)current->Count + 1;
        ulong blockBytes = 0;
        if ((flags & RecordFlags.Block) != 0)
        {
            blockBytes = OpenBlock(record, length, at, message, out block);
            look = block is null ? Look.Lost : Look.Found;
        }
        else
        {
            new ReadOnlySpan<byte>(record + RingMemory.RecordHeaderSize, (int)length).CopyTo(message.Prepare((int)length));
        }

        if (!peek)
        {
            Publish(current, at + size, 1, blockBytes);
            if (blockBytes != 0)
            {
                OverflowBlock.Unlink(ring.Segment, ring.BlockBase + at);
            }
        }

        return look;
    }

    private Look TryTakeMany(ReceivedBatch batch)
    {
        Look look = TryLook(out ulong end);
        if (look != Look.Found)
        {
            return look;
        }

        LedgerEntry* current = ring.Received.Current(end);
        while (end != _knownTail)
        {
            ulong at = end;
            byte* record = RecordAt(ref at, out uint length, out ulong size);
            MessageStamp stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
            if ((flags & RecordFlags.Block) != 0
                || !batch.TryAdd(new ReadOnlySpan<byte>(record + RingMemory.RecordHeaderSize, (int)length), stamp, *(int*)(record + 4), (long)current->Count + 1))
            {
                break;
            }

            end = at + size;
        }

        if (batch.Count > 0)
        {
            Publish(current, end, (ulong)batch.Count, 0);
        }

        return Look.Found;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Publish(LedgerEntry* current, ulong head, ulong count, ulong blockBytes)
    {
        LedgerEntry* next = ring.Received.Next(current);
        next->Position = head;
        next->Count = current->Count + count;
        next->BlockBytes = current->BlockBytes + blockBytes;
        Volatile.Write(ref *ring.Head, head);
    }

    /// <summary>Opens the file of a record; its bytes are read once the lock is free. A file that is not there is found out then.</summary>
    private ulong OpenBlock(byte* record, uint recordLength, ulong position, ReceivedMessage message, out SharedFile? block)
    {
        long length = recordLength == 8 ? *(long*)(record + RingMemory.RecordHeaderSize) : -1;
        if (length is < 1 or > int.MaxValue)
        {
            throw ring.Corrupt($"a large message says that it has {length:N0} bytes");
        }

        block = OverflowBlock.Open(ring.Segment, ring.BlockBase + position, length);
        message.Prepare(block is null ? 0 : (int)length);
        return (ulong)length;
    }

    private void ReadBlock(SharedFile? block, ReceivedMessage message)
    {
        if (block is not null)
        {
            using (block)
            {
                if (block.Read(message.Prepare(message.Length)) != message.Length)
                {
                    throw ring.Corrupt("the file of a large message was cut short. That message is lost, the next ones are not");
                }
            }
        }
    }

    private bool WaitForMessage(Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        ulong head = Volatile.Read(ref *ring.Head);
        return _spinner.UntilChanged(ring.Tail, head) || SleepForMessage(deadline, cancellation);
    }

    private bool SleepForMessage(Deadline deadline, CancellationToken cancellation)
    {
        uint seen = ring.DataEvent.Prepare();
        bool guarded = ring.SendLock.IsHeld;
        peer?.LookBeforeSleep();
        if (Volatile.Read(ref *ring.Tail) == Volatile.Read(ref *ring.Head) && !ring.IsClosed && !ring.IsDetached)
        {
            ring.SleepForData(seen, guarded, deadline, cancellation);
        }

        return true;
    }
}
