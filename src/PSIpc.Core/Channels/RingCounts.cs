namespace PSIpc.Core.Channels;

/// <summary>What the control words of a ring say of what is in it and went through it, for whoever looks without being attached: it only reads.</summary>
/// <remarks>Taken once: a look at words that others change meanwhile, as consistent as <see cref="RingMemory.Count"/>.</remarks>
internal readonly unsafe struct RingCounts
{
    /// <summary>Looks at a ring.</summary>
    /// <param name="control">Its control words.</param>
    /// <param name="room">Bytes that its file has for its data; a capacity that does not fit is none, and so is all the rest.</param>
    public RingCounts(byte* control, long room)
    {
        long capacity = *(long*)control;
        if (capacity < RingMemory.SmallestCapacity || capacity > room || !long.IsPow2(capacity))
        {
            return;
        }

        Capacity = capacity;
        MaxCount = Math.Max(0, *(long*)(control + 8));
        IsClosed = Volatile.Read(ref *(uint*)(control + RingMemory.ClosedOffset)) != 0;
        bool confirms = control[RingMemory.ConfirmationOffset] == 1;
        var tail = (ulong*)(control + RingMemory.TailOffset);
        var head = (ulong*)(control + RingMemory.HeadOffset);
        ulong* first = confirms ? (ulong*)(control + RingMemory.TakenOffset) : head;
        var sentLedger = new Ledger(control + RingMemory.SendLockOffset + RingMemory.LedgerOffset);
        var headLedger = new Ledger(control + RingMemory.ReceiveLockOffset + RingMemory.LedgerOffset);
        Ledger firstLedger = confirms ? new Ledger(control + RingMemory.TakenLedgerOffset) : headLedger;
        LedgerEntry sent = default;
        LedgerEntry received = default;
        for (int i = 0; i < RingMemory.MostLooks; i++)
        {
            received = firstLedger.Snapshot(first);
            sent = sentLedger.Snapshot(tail);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref *first) == received.Position)
            {
                break;
            }
        }

        Sent = (long)sent.Count;
        Count = Math.Clamp((long)(sent.Count - received.Count), 0, MaxCount == 0 ? long.MaxValue : MaxCount);
        LedgerEntry gone = headLedger.Snapshot(head);
        Bytes = Math.Max(0, (long)(sent.Position - gone.Position + sent.BlockBytes - gone.BlockBytes));
    }

    /// <summary>Bytes of the data; 0 where the words are not those of a ring.</summary>
    public long Capacity { get; }

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public long MaxCount { get; }

    /// <summary>Messages sent and not received.</summary>
    public long Count { get; }

    /// <summary>Messages sent since the ring was made.</summary>
    public long Sent { get; }

    /// <summary>Bytes that the messages in it take, headers and blocks included.</summary>
    public long Bytes { get; }

    /// <summary>Whether nothing more can be sent.</summary>
    public bool IsClosed { get; }
}
