using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>
/// The receiving side of a queue whose messages stay until their receivers confirm them, and go to another receiver when theirs dies before.
/// </summary>
/// <remarks>
/// Under the receive lock: <c>taken</c> is where no message has been given out yet; between the head and it each record names its receiver
/// and says whether it is confirmed; the head moves past confirmed ones. A receiver is noted before <c>taken</c> moves, so a kill in between
/// only makes the next delivery look like the second one. A record without a receiver before <c>taken</c>, or with a dead one, is given
/// out again. Whoever finds nothing looks through these records after it announced its sleep, and watches the processes that have
/// unconfirmed messages: their death wakes it.
/// </remarks>
internal sealed unsafe class ConfirmingReceiver : RingReceiver, IDeathListener
{
    private const int OwnerOffset = RingMemory.RecordHeaderSize;
    private const int StateOffset = OwnerOffset + 4;
    private const uint ConfirmedBit = 1u << 31;

    /// <summary>Milliseconds between looks for messages of the dead while there are new ones.</summary>
    private const int SearchInterval = 50;

    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(1);

    private readonly HashSet<uint> _otherReceivers = [];
    private long _nextSearch;
    private volatile bool _mustLookAgain;

    public ConfirmingReceiver(RingMemory ring)
        : base(ring) => ring.ReceiveRepair = () => MoveHeadPastConfirmed(*ring.Head);

    /// <summary>Messages that were given out and not confirmed; those of dead receivers too, until they are given out again.</summary>
    public long Unconfirmed
    {
        get
        {
            long count = 0;
            Ring.EnterReceive(Deadline.Never, default);
            try
            {
                ForEachTaken((_, record) => count += IsConfirmed(record) ? 0 : 1);
            }
            finally
            {
                Ring.ReceiveLock.Exit();
            }

            return count;
        }
    }

    /// <summary>Gives back what this process has not confirmed: it lets go of the queue.</summary>
    public static void ReleaseAll(Segment segment)
    {
        new ConfirmingReceiver(new RingMemory(segment, 0, 0)).ReleaseOwn(Deadline.After(ReleaseTime));
    }

    void IDeathListener.OnDeath(Guid lease) => Ring.DataEvent.WakeAll();

    /// <summary>Confirms a delivery of a message, in any process that has it; false when the message was confirmed or dropped before.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when it has been delivered again since.</exception>
    public bool Confirm(ulong position, int delivery, CancellationToken cancellation)
    {
        bool closed;
        Ring.EnterReceive(Deadline.Never, cancellation);
        try
        {
            ulong head = *Ring.Head;
            if ((long)(position - head) < 0)
            {
                return false;
            }

            byte* record = TakenRecordAt(position);
            if (IsConfirmed((nint)record))
            {
                return false;
            }

            if (DeliveryOf((nint)record) != delivery)
            {
                throw new IpcException(
                    IpcErrorKind.NotOwner,
                    Messages.MessageReceivedElsewhere.With(Ring.Segment.Name),
                    Ring.Segment.Name);
            }

            closed = Ring.IsClosed;
            if (closed)
            {
                // Receivers of a closed queue wait for what others may still leave to them.
                Ring.DataEvent.WakeSleepers();
            }

            uint* state = (uint*)(record + StateOffset);
            Volatile.Write(ref *state, *state | ConfirmedBit);
            UnlinkBlock(record, position);
            MoveHeadPastConfirmed(head);
        }
        finally
        {
            Ring.ReceiveLock.Exit();
        }

        Ring.SpaceEvent.WakeSleepers();
        if (closed)
        {
            Ring.DataEvent.WakeSleepers();
        }

        return true;
    }

    /// <summary>Gives a delivery back, in any process that has it: the message is delivered again, unless it was confirmed, dropped or delivered again before.</summary>
    public void Release(ulong position, int delivery, CancellationToken cancellation)
    {
        Ring.EnterReceive(Deadline.Never, cancellation);
        try
        {
            if ((long)(position - *Ring.Head) < 0)
            {
                return;
            }

            byte* record = TakenRecordAt(position);
            if (!IsConfirmed((nint)record) && DeliveryOf((nint)record) == delivery)
            {
                // Before the store, for a kill after it; those who wake now wait for the lock.
                Ring.DataEvent.WakeAll();
                Volatile.Write(ref *(uint*)(record + OwnerOffset), 0);
            }
        }
        finally
        {
            Ring.ReceiveLock.Exit();
        }

        Ring.DataEvent.WakeAll();
    }

    protected override bool MustLookAgain => _mustLookAgain;

    protected override long DropAll(LedgerEntry sent)
    {
        // Receivers of a closed queue wait for what others may leave to them: there will be nothing. They look once this lock is free.
        Ring.DataEvent.WakeAll();
        if (sent.Position != *Ring.Taken)
        {
            MoveTaken(sent);
        }

        return base.DropAll(sent);
    }

    protected override Look TryTake(ReceivedMessage message, bool peek, out SharedFile? block)
    {
        block = null;
        ulong at = *Ring.Taken;
        Look look = TryLook(at);
        if (look != Look.Found || Environment.TickCount64 >= _nextSearch)
        {
            if (Ring.IsDetached)
            {
                return Look.Closed;
            }

            if (TryFindAbandoned(out ulong abandoned, out long sequence))
            {
                message.Sequence = sequence;
                look = Look.Found;
                Give(abandoned, message, peek, out block, ref look);
                return look;
            }

            if (look != Look.Found)
            {
                return look == Look.Closed && _otherReceivers.Count == 0 ? Look.Closed : Look.Empty;
            }
        }

        LedgerEntry* current = Ring.TakenLedger.Current(at);
        CheckedRecordAt(ref at, out _, out ulong size);
        message.Sequence = (long)current->Count + 1;
        Give(at, message, peek, out block, ref look);
        if (!peek)
        {
            MoveTaken(new LedgerEntry { Position = at + size, Count = current->Count + 1 });
        }

        return look;
    }

    // One at a time: each is confirmed by itself.
    protected override Look TryTakeMany(ReceivedBatch batch) => Look.Found;

    protected override bool Wait(Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        ulong taken = Volatile.Read(ref *Ring.Taken);
        return Spinner.UntilChanged(Ring.Tail, taken) || SleepForMessage(deadline, cancellation);
    }

    /// <summary>As for any ring, and every process with an unconfirmed message is watched.</summary>
    protected override bool? IsEmpty(Deadline deadline, CancellationToken cancellation)
    {
        if (!Ring.EnterReceive(deadline, cancellation))
        {
            return null;
        }

        bool isEmpty;
        try
        {
            isEmpty = !Ring.IsDetached && *Ring.Taken == Volatile.Read(ref *Ring.Tail) && !TryFindAbandoned(out _, out _)
                && (!Ring.IsClosed || _otherReceivers.Count > 0);
            _mustLookAgain = Ring.HasUnreleased && *Ring.Head != *Ring.Taken;
            if (!_mustLookAgain && Ring.HasUnreleased)
            {
                Ring.HasUnreleased = false;
            }

            foreach (uint receiver in _otherReceivers)
            {
                if (Ring.Segment.Participants.TryGetLease(receiver, out Guid lease))
                {
                    DeathWatch.Register(Ring.Segment.Directory.FullPath, lease, this);
                }
                else
                {
                    isEmpty = false; // It has just gone.
                }
            }
        }
        finally
        {
            Ring.ReceiveLock.Exit();
        }

        Ring.SpaceEvent.WakeSleepers();
        return isEmpty;
    }

    private static uint OwnerOf(nint record) => Volatile.Read(ref *(uint*)((byte*)record + OwnerOffset));

    private static int DeliveryOf(nint record) => (int)(Volatile.Read(ref *(uint*)((byte*)record + StateOffset)) & ~ConfirmedBit);

    private static bool IsConfirmed(nint record) => (Volatile.Read(ref *(uint*)((byte*)record + StateOffset)) & ConfirmedBit) != 0;

    /// <summary>Copies a record and notes this process as its receiver.</summary>
    private void Give(ulong at, ReceivedMessage message, bool peek, out SharedFile? block, ref Look look)
    {
        byte* record = CheckedRecordAt(ref at, out uint length, out _);
        Copy(record, length, at, message, out block, ref look);
        uint* state = (uint*)(record + StateOffset);
        uint deliveries = (*state & ~ConfirmedBit) + 1;
        message.DeliveryCount = (int)deliveries;
        message.Delivery = peek ? 0 : (int)deliveries;
        message.Source = Ring.Segment.Id;
        if (!peek)
        {
            // One whose file is gone cannot be confirmed by anybody: it is passed over for good.
            Volatile.Write(ref *(uint*)(record + OwnerOffset), Ring.Segment.Participant);
            Volatile.Write(ref *state, deliveries | (look == Look.Lost ? ConfirmedBit : 0));
        }
    }

    private void ReleaseOwn(Deadline deadline)
    {
        if (!Ring.EnterReceive(deadline, default))
        {
            // A stopped process holds the lock. A receiver that wakes now waits for the lock and may get it before the slot of this participant is free, so it looks again.
            Ring.HasUnreleased = true;
            Ring.DataEvent.WakeAll();
            return;
        }

        Ring.DataEvent.WakeAll();

        try
        {
            ForEachTaken((_, record) =>
            {
                if (OwnerOf(record) == Ring.Segment.Participant && !IsConfirmed(record))
                {
                    Volatile.Write(ref *(uint*)((byte*)record + OwnerOffset), 0);
                }
            });
        }
        finally
        {
            Ring.ReceiveLock.Exit();
        }

        Ring.DataEvent.WakeAll();
    }

    /// <summary>Looks for a message whose receiver is gone, and notes the processes that have unconfirmed ones.</summary>
    private bool TryFindAbandoned(out ulong position, out long sequence)
    {
        _nextSearch = Environment.TickCount64 + SearchInterval;
        _otherReceivers.Clear();

        // Whoever confirmed the first one may have been killed before the head moved, and then nobody may be left who confirms another.
        MoveHeadPastConfirmed(*Ring.Head);
        ulong found = ulong.MaxValue;
        long count = (long)Ring.Received.Current(*Ring.Head)->Count;
        long foundCount = 0;
        ForEachTaken((at, record) =>
        {
            count++;
            uint owner = OwnerOf(record);
            if (found != ulong.MaxValue || IsConfirmed(record) || owner == Ring.Segment.Participant || _otherReceivers.Contains(owner))
            {
                return;
            }

            if (owner != 0 && Ring.Segment.Participants.IsAlive(owner))
            {
                _otherReceivers.Add(owner);
                return;
            }

            (found, foundCount) = (at, count);
        });
        (position, sequence) = (found, foundCount);
        return found != ulong.MaxValue;
    }

    /// <summary>Goes through the records that were given out, from the oldest on.</summary>
    private void ForEachTaken(Action<ulong, nint> visit)
    {
        ulong taken = *Ring.Taken;
        KnowTailUpTo(taken);

        for (ulong at = *Ring.Head; at != taken;)
        {
            byte* record = TakenRecordAt(ref at, out ulong size);
            visit(at, (nint)record);
            at += size;
        }
    }

    private byte* TakenRecordAt(ulong position)
    {
        KnowTailUpTo(position + RingMemory.RecordAlignment);
        return TakenRecordAt(ref position, out _);
    }

    /// <summary>Reads the tail again if what is known of it does not reach a position: another handle may have received since.</summary>
    private void KnowTailUpTo(ulong position)
    {
        if ((long)(KnownTail - position) < 0)
        {
            KnownTail = Volatile.Read(ref *Ring.Tail);
        }
    }

    private byte* TakenRecordAt(ref ulong at, out ulong size)
    {
        byte* record = CheckedRecordAt(ref at, out _, out size);
        return (long)(*Ring.Taken - at - size) >= 0 ? record : throw Ring.Corrupt(Messages.ReasonGivenOutNotSent);
    }

    private void MoveHeadPastConfirmed(ulong head)
    {
        LedgerEntry* current = Ring.Received.Current(head);
        ulong taken = *Ring.Taken;
        KnowTailUpTo(taken);
        ulong end = head;
        ulong count = 0;
        ulong blockBytes = 0;
        while (end != taken)
        {
            ulong at = end;
            byte* record = TakenRecordAt(ref at, out ulong size);
            if (!IsConfirmed((nint)record))
            {
                break;
            }

            // Once more: whoever confirmed it may have been killed before it could.
            blockBytes += UnlinkBlock(record, at);
            end = at + size;
            count++;
        }

        if (count > 0)
        {
            Publish(current, end, count, blockBytes);
        }
    }

    private ulong UnlinkBlock(byte* record, ulong position)
    {
        MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        if ((flags & RecordFlags.Block) == 0)
        {
            return 0;
        }

        OverflowBlock.Unlink(Ring.Segment, Ring.BlockBase + position);
        return BlockLength(record, *(uint*)record);
    }

    private void MoveTaken(LedgerEntry entry)
    {
        *Ring.TakenLedger.Next(Ring.TakenLedger.Current(*Ring.Taken)) = entry;
        Volatile.Write(ref *Ring.Taken, entry.Position);
    }
}
