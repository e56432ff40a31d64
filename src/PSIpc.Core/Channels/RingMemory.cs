using PSIpc.Core.Diagnostics;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>
/// Where the words of a record ring are in its segment (docs/protocol.md, "Record ring").
/// </summary>
/// <remarks>
/// <c>tail</c> is stored only by the holder of the send lock, after all bytes up to it are in place; <c>head</c> only by the holder of the
/// receive lock, after all bytes up to it are read. Both only grow, count bytes since the ring was made, and are multiples of 16. They,
/// the two locks and the two event counts have cache lines (pairs of 64 bytes) of their own.
/// </remarks>
internal sealed unsafe partial class RingMemory
{
    /// <summary>Bytes of the control words, before the data.</summary>
    public const int ControlSize = 1024;

    /// <summary>Records are padded to multiples of this.</summary>
    public const int RecordAlignment = 16;

    /// <summary>Bytes of a record's header: length (4), sender's process id (4), stamp (8).</summary>
    public const int RecordHeaderSize = 16;

    /// <summary>Bytes that follow the header where messages are to be confirmed: its receiver (4), state and deliveries (4), 8 free.</summary>
    public const int DeliverySize = 16;

    /// <summary>The length that marks the unused end of the ring: the next record is at the ring's beginning.</summary>
    public const uint Padding = uint.MaxValue;

    public const long SmallestCapacity = 4096;
    public const long LargestCapacity = 1L << 40;

    /// <summary>Milliseconds that the one who lets go of a handle waits for its threads that are in a lock.</summary>
    private const int DetachMilliseconds = 1000;

    /// <summary>Milliseconds that a caller who does not want to wait for room or messages still waits for a lock, which is held for less than a microsecond.</summary>
    public const int LockMilliseconds = 50;

    /// <summary>Looks at the counts of both sides for one in which neither moved.</summary>
    internal const int MostLooks = 100;

    private const int BlockIndexShift = 62;
    private const ulong LastPosition = (1UL << BlockIndexShift) - 1;
    internal const int ConfirmationOffset = 17;
    internal const int ClosedOffset = 32;
    internal const int FormatNameOffset = 40;
    internal const int TailOffset = 128;
    internal const int HeadOffset = 256;
    internal const int SendLockOffset = 384;
    internal const int ReceiveLockOffset = 512;
    internal const int LedgerOffset = 8;
    internal const int TakenOffset = 576;
    internal const int TakenLedgerOffset = 584;
    internal const int UnreleasedOffset = 632;
    internal const int DataEventOffset = 640;
    internal const int SpaceEventOffset = 768;

    private readonly byte* _control;
    private readonly uint* _unreleased;
    private volatile bool _detached;

    /// <summary>Finds the words of a ring, and refuses sizes that do not fit the segment.</summary>
    public RingMemory(Segment segment, long offset, int index)
    {
        Segment = segment;
        BlockBase = (ulong)index << BlockIndexShift;
        _control = segment.Body + offset;
        long room = (long)segment.BodySize - offset - ControlSize;
        Capacity = room < SmallestCapacity ? 0 : *(long*)_control;
        if (Capacity < SmallestCapacity || Capacity > room || !long.IsPow2(Capacity))
        {
            throw Corrupt(Messages.ReasonCapacityNotOfFile);
        }

        MaxCount = *(long*)(_control + 8);
        DefaultFormat = MessageFormat.Read(_control[16], _control + FormatNameOffset);
        RequiresConfirmation = _control[ConfirmationOffset] == 1;
        HeaderSize = RecordHeaderSize + (RequiresConfirmation ? DeliverySize : 0);
        Tail = (ulong*)(_control + TailOffset);
        Head = (ulong*)(_control + HeadOffset);
        Closed = (uint*)(_control + ClosedOffset);
        Data = _control + ControlSize;
        SendLock = new RobustLock((uint*)(_control + SendLockOffset), segment.Participants, segment.Participant);
        ReceiveLock = new RobustLock((uint*)(_control + ReceiveLockOffset), segment.Participants, segment.Participant);
        Sent = new Ledger(_control + SendLockOffset + LedgerOffset);
        Received = new Ledger(_control + ReceiveLockOffset + LedgerOffset);
        Taken = (ulong*)(_control + TakenOffset);
        TakenLedger = new Ledger(_control + TakenLedgerOffset);
        _unreleased = (uint*)(_control + UnreleasedOffset);
        DataEvent = new EventCount((uint*)(_control + DataEventOffset));
        SpaceEvent = new EventCount((uint*)(_control + SpaceEventOffset));
        IpcMetrics.Watch(this);
    }

    public readonly Segment Segment;

    /// <summary>Added to the position of a record for the name of its block: up to four rings of one segment have names apart.</summary>
    public readonly ulong BlockBase;

    /// <summary>Bytes of the data, a power of two. Read once: a later change in memory cannot lead out of the mapping.</summary>
    public readonly long Capacity;

    /// <summary>The most messages at a time; 0 for no limit but the bytes.</summary>
    public readonly long MaxCount;

    /// <summary>The serializer of senders that name none.</summary>
    public readonly MessageFormat DefaultFormat;

    /// <summary>Whether a message stays until its receiver confirms it.</summary>
    public readonly bool RequiresConfirmation;

    /// <summary>Bytes of a record before the body.</summary>
    public readonly int HeaderSize;

    public readonly ulong* Tail;

    public readonly ulong* Head;

    public readonly uint* Closed;

    public readonly byte* Data;

    public readonly RobustLock SendLock;

    public readonly RobustLock ReceiveLock;

    /// <summary>What was sent up to each tail.</summary>
    public readonly Ledger Sent;

    /// <summary>What was received up to each head.</summary>
    public readonly Ledger Received;

    /// <summary>Where no message has been given to a receiver yet, in a ring that requires confirmation; under the receive lock.</summary>
    public readonly ulong* Taken;

    /// <summary>What was given out up to each <see cref="Taken"/>.</summary>
    public readonly Ledger TakenLedger;

    /// <summary>
    /// Whether a process left without releasing its unconfirmed messages, because a stopped process held the receive lock: then nothing wakes a receiver when the
    /// participant slot is freed. Reset under the receive lock.
    /// </summary>
    public bool HasUnreleased
    {
        get => Volatile.Read(ref *_unreleased) != 0;
        set => Volatile.Write(ref *_unreleased, value ? 1u : 0);
    }

    /// <summary>For those who wait for messages; guarded by the send lock.</summary>
    public readonly EventCount DataEvent;

    /// <summary>For those who wait for room, or for the ring to be empty; guarded by the receive lock.</summary>
    public readonly EventCount SpaceEvent;

    public bool IsClosed => Volatile.Read(ref *Closed) != 0;

    /// <summary>Whether the handle that this ring belongs to was let go: its operations end.</summary>
    public bool IsDetached => _detached || Segment.IsRetired;

    /// <summary>Whether there was a message at the moment of the look; no more than two reads.</summary>
    public bool HasMessages => Volatile.Read(ref *Tail) != Volatile.Read(ref *Head);

    /// <summary>Messages sent and not received, as of some moment during the call.</summary>
    public long Count
    {
        get
        {
            ulong* index = RequiresConfirmation ? Taken : Head;
            long count = 0;
            for (int i = 0; i < MostLooks; i++)
            {
                LedgerEntry received = (RequiresConfirmation ? TakenLedger : Received).Snapshot(index);
                count = (long)(Sent.Snapshot(Tail).Count - received.Count);
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref *index) == received.Position)
                {
                    break;
                }
            }

            return Math.Clamp(count, 0, MaxCount == 0 ? long.MaxValue : MaxCount);
        }
    }

    /// <summary>Bytes that these messages take, headers and blocks included.</summary>
    public long Bytes
    {
        get
        {
            LedgerEntry received = Received.Snapshot(Head);
            LedgerEntry sent = Sent.Snapshot(Tail);
            return (long)(sent.Position - received.Position + sent.BlockBytes - received.BlockBytes);
        }
    }

    /// <summary>Bytes in a segment's body for a ring of this capacity.</summary>
    public static long BytesFor(long capacity) => ControlSize + capacity;

    /// <summary>Ends the operations of this handle: those asleep at their next look, those in a lock when they are through.</summary>
    /// <remarks>So a send that returns was sent, however soon after it the memory is let go.</remarks>
    public void Detach()
    {
        _detached = true;
        DataEvent.WakeAll();
        SpaceEvent.WakeAll();
        long end = Environment.TickCount64 + DetachMilliseconds;
        var wait = default(SpinWait);
        while ((SendLock.IsHeldHere || ReceiveLock.IsHeldHere) && Environment.TickCount64 < end)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Wakes all who wait, so that they look again.</summary>
    public void WakeAll()
    {
        DataEvent.WakeAll();
        SpaceEvent.WakeAll();
    }

    /// <summary>No more sends. What is in the ring can still be received. Wakes all waits, in time for the locks or not.</summary>
    public void Close(Deadline deadline, CancellationToken cancellation)
    {
        try
        {
            if (EnterSend(deadline, cancellation))
            {
                try
                {
                    if (EnterReceive(deadline, cancellation))
                    {
                        Volatile.Write(ref *Closed, 1);
                        ReceiveLock.Exit();
                    }
                }
                finally
                {
                    SendLock.Exit();
                }
            }
        }
        finally
        {
            DataEvent.WakeAll();
            SpaceEvent.WakeAll();
        }
    }

    /// <summary>The capacity that a ring gets when this one is asked for: the next power of two.</summary>
    public static long RoundCapacity(long asked) =>
        asked is > 0 and <= LargestCapacity
            ? Math.Max(SmallestCapacity, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)asked))
            : throw new ArgumentOutOfRangeException(nameof(asked), asked, Messages.CapacityOutOfRange.With(LargestCapacity));

    /// <summary>Fills the control words of a new ring; the memory is zero.</summary>
    public static void Initialize(byte* control, long capacity, long maxCount, MessageFormat defaultFormat, bool requireConfirmation = false)
    {
        *(long*)control = capacity;
        *(long*)(control + 8) = maxCount;
        control[16] = defaultFormat.Number;
        defaultFormat.WriteName(control + FormatNameOffset);
        control[ConfirmationOffset] = requireConfirmation ? (byte)1 : (byte)0;
        *(uint*)(control + DataEventOffset) = EventCount.FirstSignal;
        *(uint*)(control + SpaceEventOffset) = EventCount.FirstSignal;
    }

    /// <summary>The bytes of a record with a body of this length.</summary>
    public ulong RecordSize(int bodyLength) => RecordSize(bodyLength, HeaderSize);

    /// <summary>The bytes of a record with a body of this length after a header of that.</summary>
    public static ulong RecordSize(int bodyLength, int headerSize) =>
        ((ulong)bodyLength + (ulong)headerSize + RecordAlignment - 1) & ~(ulong)(RecordAlignment - 1);

    /// <summary>The exception for shared words that cannot be.</summary>
    public IpcException Corrupt(string what) => IsDetached ? ClosedError() : new IpcException(
        IpcErrorKind.CorruptData,
        Messages.ChannelDamaged.With(Segment.Kind, Segment.Name, what),
        Segment.Name);

    /// <summary>The exception for an object that is closed.</summary>
    public IpcException ClosedError() => new(
        IpcErrorKind.Closed,
        Segment.IsRemoved ? Messages.ObjectRemoved.With(Segment.Kind, Segment.Name)
            : Segment.Kind == ObjectKind.Pipe ? Messages.PipeEnded.With(Segment.Name)
            : Messages.ChannelClosed.With(Segment.Kind, Segment.Name),
        Segment.Name);
}
