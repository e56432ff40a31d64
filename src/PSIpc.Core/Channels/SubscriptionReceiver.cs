using System.Runtime.Intrinsics.X86;
using PSIpc.Core.Platforms;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The receiving side of one subscription: it reads the topic's ring from its own cursor on.</summary>
/// <remarks>
/// Publishers may move the ring's head past the cursor and write over what was there (DropOldest, or when they took this process for dead).
/// So a record counts only if, after it was copied and a fence, the head is not past it; else the cursor goes to the head, and the messages in
/// between are lost. Its words are checked only after the same look, since a length that was overwritten may be anything.
/// </remarks>
internal sealed unsafe class SubscriptionReceiver(RingMemory ring, SubscriptionSlot slot, uint state) : RecordReceiver(ring)
{
    /// <summary>Messages published and not yet received, as of some moment.</summary>
    public long Count
    {
        get
        {
            LedgerEntry received = slot.Ledger.Snapshot(slot.Cursor);
            return (long)(Ring.Sent.Snapshot(Ring.Tail).Count - received.Count);
        }
    }

    /// <summary>Messages that went before they were received.</summary>
    public long Lost => (long)slot.Ledger.Snapshot(slot.Cursor).BlockBytes;

    /// <summary>Whether the subscription is over: it was removed, or its slot given to another.</summary>
    public bool IsOver => slot.State != state || !slot.Owner.IsHere;

    /// <summary>Takes the subscription's lock, and wakes publishers that wait.</summary>
    protected override bool Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (KnownTail == Volatile.Read(ref *slot.Cursor))
        {
            Thread.SpinWait(1);
        }

        // Whoever takes over from a dead owner has nothing to put right: cursor and counts change by one store.
        LockEntry entry = slot.Lock.TryEnter() ? LockEntry.Entered : slot.Lock.Enter(deadline.ButNotBefore(RingMemory.LockMilliseconds), cancellation);
        if (entry == LockEntry.TimedOut)
        {
            return false;
        }

        Ring.SpaceEvent.WakeSleepers();
        return true;
    }

    protected override void Exit() => slot.Lock.Exit();

    protected override Look TryTake(ReceivedMessage message, bool peek, out SharedFile? block)
    {
        while (true)
        {
            Look look = TryLook(out LedgerEntry from);
            block = null;
            if (look != Look.Found)
            {
                return look;
            }

            ulong at = from.Position;
            byte* record = RecordAt(ref at, out uint length, out ulong size);
            if (IsOverwritten(from.Position))
            {
                continue;
            }

            if (record is null)
            {
                throw Ring.Corrupt($"a record says that it has {length:N0} bytes");
            }

            try
            {
                Copy(record, length, at, message, out block, ref look);
            }
            catch (IpcException) when (IsOverwritten(from.Position))
            {
                continue;
            }

            if (IsOverwritten(from.Position))
            {
                block?.Dispose();
                continue;
            }

            message.Sequence = (long)from.Count + 1;
            if (!peek)
            {
                MoveTo(new LedgerEntry { Position = at + size, Count = from.Count + 1, BlockBytes = from.BlockBytes });
            }

            return look;
        }
    }

    protected override Look TryTakeMany(ReceivedBatch batch)
    {
        while (true)
        {
            Look look = TryLook(out LedgerEntry from);
            if (look != Look.Found)
            {
                return look;
            }

            LedgerEntry end = from;
            bool isWhole = true;
            while (isWhole && end.Position != KnownTail && TryAddOne(batch, ref end, (long)from.Count + 1, out isWhole))
            {
            }

            if (!isWhole && batch.Count == 0)
            {
                continue;
            }

            if (batch.Count > 0)
            {
                MoveTo(end);
            }

            return Look.Found;
        }
    }

    /// <summary>Copies one record into a batch and moves on; false when it does not go into it, or was (not whole) written over meanwhile.</summary>
    private bool TryAddOne(ReceivedBatch batch, ref LedgerEntry end, long firstSequence, out bool isWhole)
    {
        ulong at = end.Position;
        byte* record = RecordAt(ref at, out uint length, out ulong size);
        isWhole = !IsOverwritten(end.Position);
        if (!isWhole || record is null)
        {
            return false;
        }

        MessageStamp stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        bool added = (flags & RecordFlags.Block) == 0
            && batch.TryAdd(new ReadOnlySpan<byte>(record + Ring.HeaderSize, (int)length), stamp, *(int*)(record + 4), firstSequence);
        isWhole = !IsOverwritten(end.Position);
        if (!isWhole && added)
        {
            batch.RemoveLast();
        }

        if (!isWhole || !added)
        {
            return false;
        }

        end = new LedgerEntry { Position = at + size, Count = end.Count + 1, BlockBytes = end.BlockBytes };
        return true;
    }

    protected override bool Wait(Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        ulong cursor = Volatile.Read(ref *slot.Cursor);
        return Spinner.UntilChanged(Ring.Tail, cursor) || SleepForMessage(deadline, cancellation);
    }

    protected override bool? IsEmpty(Deadline deadline, CancellationToken cancellation) =>
        !IsOver && !Ring.IsDetached && !Ring.IsClosed && Volatile.Read(ref *Ring.Tail) == Volatile.Read(ref *slot.Cursor);

    /// <summary>Whether there is a message, and where the cursor is, or was moved to when messages were lost.</summary>
    private Look TryLook(out LedgerEntry from)
    {
        from = *slot.Ledger.Current(*slot.Cursor);
        if (IsOver || Ring.IsDetached)
        {
            return Look.Closed;
        }

        if ((long)(KnownTail - from.Position) <= 0 && !TryLookAtTail(from.Position, out Look look))
        {
            return look;
        }

        if (IsOverwritten(from.Position))
        {
            LedgerEntry oldest = Ring.Received.Snapshot(Ring.Head);
            oldest.BlockBytes = from.BlockBytes + (oldest.Count - from.Count);
            from = oldest;
            MoveTo(from);
            if (!TryLookAtTail(from.Position, out look))
            {
                return look;
            }
        }

        return KnownTail - from.Position <= (ulong)Ring.Capacity || IsOverwritten(from.Position)
            ? Look.Found
            : throw Ring.Corrupt("a subscription is where no message is");
    }

    private bool TryLookAtTail(ulong position, out Look look)
    {
        // Closed is read first: whoever closes does so when no send is under way, so an empty look after it is final.
        bool closed = Ring.IsClosed;
        KnownTail = Volatile.Read(ref *Ring.Tail);
        look = KnownTail != position ? Look.Found : closed ? Look.Closed : Look.Empty;
        return look == Look.Found;
    }

    /// <summary>Whether what was read from a position before this call may have been written over.</summary>
    private bool IsOverwritten(ulong position)
    {
        // The loads before must not come after this one. On x86 none passes another.
        if (!X86Base.IsSupported)
        {
            Interlocked.MemoryBarrier();
        }

        return (long)(Volatile.Read(ref *Ring.Head) - position) > 0;
    }

    private void MoveTo(LedgerEntry entry)
    {
        *slot.Ledger.Next(slot.Ledger.Current(*slot.Cursor)) = entry;
        Volatile.Write(ref *slot.Cursor, entry.Position);
    }
}
