using System.Runtime.CompilerServices;
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
    // Fields, since each use of the slot's properties would make these structures again.
    private readonly RobustLock _lock = slot.Lock;
    private readonly Ledger _ledger = slot.Ledger;
    private readonly EndOwner _owner = slot.Owner;
    private readonly ulong* _cursor = slot.Cursor;

    /// <summary>Messages published and not yet received, as of some moment.</summary>
    public long Count
    {
        get
        {
            LedgerEntry received = _ledger.Snapshot(_cursor);
            return (long)(Ring.Sent.Snapshot(Ring.Tail).Count - received.Count);
        }
    }

    /// <summary>Messages that went before they were received.</summary>
    public long Lost => (long)_ledger.Snapshot(_cursor).BlockBytes;

    /// <summary>Whether the subscription is over: it was removed, or its slot given to another.</summary>
    public bool IsOver => slot.State != state || !_owner.IsHere;

    /// <summary>Takes the subscription's lock, and wakes publishers that wait.</summary>
    protected override bool Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (KnownTail == Volatile.Read(ref *_cursor))
        {
            Thread.SpinWait(1);
        }

        // Whoever takes over from a dead owner has nothing to put right: cursor and counts change by one store.
        LockEntry entry = _lock.TryEnter() ? LockEntry.Entered : _lock.Enter(deadline.ButNotBefore(RingMemory.LockMilliseconds), cancellation);
        if (entry == LockEntry.TimedOut)
        {
            return false;
        }

        Ring.SpaceEvent.WakeSleepers();
        return true;
    }

    protected override void Exit() => _lock.Exit();

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
                throw Ring.Corrupt(Messages.ReasonRecordLength.With(length));
            }

            if (!TryCopy(record, length, from.Position, at, message, out block, ref look))
            {
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

    /// <summary>Copies a record, or opens its file; false when it was written over meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryCopy(byte* record, uint length, ulong from, ulong at, ReceivedMessage message, out SharedFile? block, ref Look look)
    {
        if (CopyHeader(record, at, message))
        {
            return TryOpenBlock(record, length, from, at, message, out block, ref look);
        }

        block = null;
        CopyBody(record, length, message);
        return !IsOverwritten(from);
    }

    /// <summary>As above for a message in a file of its own, whose length may be anything if it was written over.</summary>
    private bool TryOpenBlock(byte* record, uint length, ulong from, ulong at, ReceivedMessage message, out SharedFile? block, ref Look look)
    {
        try
        {
            OpenBlock(record, length, at, message, out block, ref look);
        }
        catch (IpcException) when (IsOverwritten(from))
        {
            block = null;
            return false;
        }

        if (!IsOverwritten(from))
        {
            return true;
        }

        block?.Dispose();
        return false;
    }

    /// <remarks>The batch counts if nothing was written over from its first message on. Else the caller takes one message by itself.</remarks>
    protected override Look TryTakeMany(ReceivedBatch batch)
    {
        Look look = TryLook(out LedgerEntry from);
        if (look != Look.Found)
        {
            return look;
        }

        LedgerEntry end = from;
        while (end.Position != KnownTail && TryAddOne(batch, ref end, (long)from.Count + 1))
        {
        }

        if (IsOverwritten(from.Position))
        {
            batch.Clear();
        }
        else if (batch.Count > 0)
        {
            MoveTo(end);
        }

        return Look.Found;
    }

    /// <summary>Copies one record into a batch and moves on; false when it does not go into it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryAddOne(ReceivedBatch batch, ref LedgerEntry end, long firstSequence)
    {
        ulong at = end.Position;
        byte* record = RecordAt(ref at, out uint length, out ulong size);
        if (record is null)
        {
            return false;
        }

        MessageStamp stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        if ((flags & RecordFlags.Block) != 0
            || !batch.TryAdd(new ReadOnlySpan<byte>(record + Ring.HeaderSize, (int)length), stamp, *(int*)(record + 4), firstSequence))
        {
            return false;
        }

        end.Position = at + size;
        end.Count++;
        return true;
    }

    protected override bool Wait(Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        ulong cursor = Volatile.Read(ref *_cursor);
        return Spinner.UntilChanged(Ring.Tail, cursor) || SleepForMessage(deadline, cancellation);
    }

    protected override bool? IsEmpty(Deadline deadline, CancellationToken cancellation) =>
        !IsOver && !Ring.IsDetached && !Ring.IsClosed && Volatile.Read(ref *Ring.Tail) == Volatile.Read(ref *_cursor);

    /// <summary>Whether there is a message, and where the cursor is, or was moved to when messages were lost.</summary>
    private Look TryLook(out LedgerEntry from)
    {
        from = *_ledger.Current(*_cursor);
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
            : throw Ring.Corrupt(Messages.ReasonSubscriptionWhereNoMessageIs);
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
        *_ledger.Next(_ledger.Current(*_cursor)) = entry;
        Volatile.Write(ref *_cursor, entry.Position);
    }
}
