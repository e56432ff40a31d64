using System.Runtime.CompilerServices;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The receiving side of a ring whose messages are each received once.</summary>
/// <remarks>
/// A receiver killed before it stored the head has taken nothing. One that has used up what it knew of pauses for some 40 ns before it
/// reads the tail again: reading takes the tail's cache line from the sender, and a sender in full swing has written several messages by then.
/// </remarks>
internal unsafe class RingReceiver(RingMemory ring, IRingPeer? peer = null) : RecordReceiver(ring)
{
    /// <summary>Drops all that is in the ring now; returns how many messages that was.</summary>
    public long Clear(CancellationToken cancellation)
    {
        Ring.EnterReceive(Deadline.Never, cancellation);
        long dropped;
        try
        {
            dropped = DropAll(Ring.Sent.Snapshot(Ring.Tail));
        }
        finally
        {
            Ring.ReceiveLock.Exit();
        }

        Ring.SpaceEvent.WakeSleepers();
        return dropped;
    }

    /// <summary>Drops all that was sent up to a moment; under the lock.</summary>
    protected virtual long DropAll(LedgerEntry sent)
    {
        ulong head = *Ring.Head;
        LedgerEntry* current = Ring.Received.Current(head);
        long dropped = (long)(sent.Count - current->Count);
        if (sent.Position == head)
        {
            return 0; // Two entries must never name the same index.
        }

        *Ring.Received.Next(current) = sent;
        Volatile.Write(ref *Ring.Head, sent.Position);
        if (sent.BlockBytes != 0)
        {
            OverflowBlock.UnlinkRange(Ring.Segment, Ring.BlockBase, Ring.BlockBase + sent.Position - 1);
        }

        return dropped;
    }

    protected override bool Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (KnownTail == Volatile.Read(ref *Ring.Head))
        {
            Thread.SpinWait(1);
        }

        return Ring.EnterReceive(deadline, cancellation);
    }

    protected override void Exit() => Ring.ReceiveLock.Exit();

    protected override Look TryTake(ReceivedMessage message, bool peek, out SharedFile? block)
    {
        block = null;
        ulong at = *Ring.Head;
        Look look = TryLook(at);
        if (look != Look.Found)
        {
            return look;
        }

        LedgerEntry* current = Ring.Received.Current(at);
        byte* record = CheckedRecordAt(ref at, out uint length, out ulong size);
        message.Sequence = (long)current->Count + 1;
        ulong blockBytes = Copy(record, length, at, message, out block, ref look);
        if (!peek)
        {
            Publish(current, at + size, 1, blockBytes);
            if (blockBytes != 0)
            {
                OverflowBlock.Unlink(Ring.Segment, Ring.BlockBase + at);
            }
        }

        return look;
    }

    protected override Look TryTakeMany(ReceivedBatch batch)
    {
        ulong end = *Ring.Head;
        Look look = TryLook(end);
        if (look != Look.Found)
        {
            return look;
        }

        LedgerEntry* current = Ring.Received.Current(end);
        ulong firstTail = KnownTail;
        while (end != KnownTail || (KnownTail == firstTail && HasMore()))
        {
            ulong at = end;
            byte* record = CheckedRecordAt(ref at, out uint length, out ulong size);
            MessageStamp stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
            if ((flags & RecordFlags.Block) != 0
                || !batch.TryAdd(new ReadOnlySpan<byte>(record + Ring.HeaderSize, (int)length), stamp, *(int*)(record + 4), (long)current->Count + 1))
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

    protected override bool Wait(Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        ulong head = Volatile.Read(ref *Ring.Head);
        return Spinner.UntilChanged(Ring.Tail, head) || SleepForMessage(deadline, cancellation);
    }

    protected override bool? IsEmpty(Deadline deadline, CancellationToken cancellation)
    {
        peer?.LookBeforeSleep(deadline, cancellation);
        return Volatile.Read(ref *Ring.Tail) == Volatile.Read(ref *Ring.Head) && !Ring.IsClosed && !Ring.IsDetached;
    }

    /// <summary>Whether more came since the tail was last read.</summary>
    private bool HasMore()
    {
        ulong known = KnownTail;
        KnownTail = Volatile.Read(ref *Ring.Tail);
        return KnownTail != known;
    }

    /// <summary>Whether there is a message at a position.</summary>
    protected Look TryLook(ulong start)
    {
        if (Ring.IsDetached)
        {
            return Look.Closed;
        }

        if ((long)(KnownTail - start) <= 0)
        {
            // Closed is read first: whoever closes does so when no send is under way, so an empty look after it is final.
            bool closed = Ring.IsClosed;
            KnownTail = Volatile.Read(ref *Ring.Tail);
            if (KnownTail == start)
            {
                return closed ? Look.Closed : Look.Empty;
            }
        }

        return KnownTail - start <= (ulong)Ring.Capacity && (start & (RingMemory.RecordAlignment - 1)) == 0
            ? Look.Found
            : throw Ring.Corrupt(Messages.ReasonHeadAndTailTooFarApart);
    }

    /// <summary>Moves the head on, and the counts with it, by one store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Publish(LedgerEntry* current, ulong head, ulong count, ulong blockBytes)
    {
        LedgerEntry* next = Ring.Received.Next(current);
        next->Position = head;
        next->Count = current->Count + count;
        next->BlockBytes = current->BlockBytes + blockBytes;
        Volatile.Write(ref *Ring.Head, head);
    }
}
