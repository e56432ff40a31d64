using System.Runtime.CompilerServices;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>What a look at a ring found.</summary>
internal enum Look
{
    /// <summary>No message.</summary>
    Empty,

    /// <summary>A message, which was taken.</summary>
    Found,

    /// <summary>A message whose file is gone: it was passed over.</summary>
    Lost,

    /// <summary>No message, and none will come.</summary>
    Closed,
}

/// <summary>The receiving of records from a ring: look under a lock, and wait while there is nothing.</summary>
/// <remarks>
/// Order of a receive, after the lock: wake who waits for room, copy the record out, move on by one store, let go of the lock (a full
/// fence), wake who began to wait meanwhile. The file of a large message is opened under the lock and read after it.
/// </remarks>
internal abstract unsafe class RecordReceiver(RingMemory ring) : IWaitable
{
    private readonly ulong _mask = (ulong)ring.Capacity - 1;

    protected RingMemory Ring { get; } = ring;

    protected Spinner Spinner { get; } = new();

    /// <summary>Last known tail; never ahead of the truth. Used under the lock only.</summary>
    protected ulong KnownTail { get; set; }

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
                Exit();
            }

            if (look != Look.Empty)
            {
                Ring.SpaceEvent.WakeSleepers();
                ThrowUnlessFound(look);
                ReadBlock(block, message);
                return true;
            }

            if (!Wait(deadline, cancellation))
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
                Exit();
            }

            if (look != Look.Empty)
            {
                Ring.SpaceEvent.WakeSleepers();
                ThrowUnlessFound(look);
                if (batch.Count == 0)
                {
                    ReadBlock(block, batch.Single);
                    batch.AddSingle();
                }

                return true;
            }

            if (!Wait(deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public void CountWaiting(int change) => Ring.Segment.Participants.CountWaiting(Ring.Segment.Participant, change);

    public bool IsReady(out WaitTarget target)
    {
        uint seen = Ring.DataEvent.Prepare();
        bool guarded = Ring.SendLock.IsHeld;
        if (guarded)
        {
            Ring.ReleaseAbandonedSend();
        }

        bool? isEmpty = IsEmpty(Deadline.Now, default);
        target = Ring.DataEvent.Target(seen, guarded || isEmpty is null || MustLookAgain);
        return isEmpty == false;
    }

    /// <summary>
    /// The last look before a sleep, after it was announced: whether there is no message and may come one; null when that cannot be seen,
    /// because a stopped process has the lock.
    /// </summary>
    protected abstract bool? IsEmpty(Deadline deadline, CancellationToken cancellation);

    /// <summary>Whether the last look found a state that changes without a wake: the sleep after it is a short one.</summary>
    protected virtual bool MustLookAgain => false;

    /// <summary>Sleeps until there may be a message.</summary>
    protected bool SleepForMessage(Deadline deadline, CancellationToken cancellation)
    {
        uint seen = Ring.DataEvent.Prepare();
        bool guarded = Ring.SendLock.IsHeld;
        if (IsEmpty(deadline, cancellation) == true)
        {
            Ring.SleepForData(seen, guarded || MustLookAgain, deadline, cancellation);
        }

        return true;
    }

    /// <summary>Takes the lock of the receiving side and wakes who waits for room; false when the time is up.</summary>
    protected abstract bool Enter(Deadline deadline, CancellationToken cancellation);

    /// <summary>Lets go of the lock.</summary>
    protected abstract void Exit();

    /// <summary>Takes the next message, or copies it; under the lock.</summary>
    protected abstract Look TryTake(ReceivedMessage message, bool peek, out SharedFile? block);

    /// <summary>Takes what fits into a batch, nothing where the next message does not; under the lock.</summary>
    protected abstract Look TryTakeMany(ReceivedBatch batch);

    /// <summary>Waits until there may be a message; false when the time is up.</summary>
    protected abstract bool Wait(Deadline deadline, CancellationToken cancellation);

    /// <summary>The record at a position before the known tail, or after the padding that is there; its position, length and size.</summary>
    /// <returns>Null when the length cannot be.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected byte* RecordAt(ref ulong at, out uint length, out ulong size)
    {
        byte* record = Ring.Data + (at & _mask);
        length = *(uint*)record;
        if (length == RingMemory.Padding)
        {
            at += (ulong)Ring.Capacity - (at & _mask);
            record = Ring.Data;
            length = *(uint*)record;
        }

        size = length <= int.MaxValue ? Ring.RecordSize((int)length) : ulong.MaxValue;
        return size > KnownTail - at || (long)(KnownTail - at) < 0 || size > (ulong)Ring.Capacity - (at & _mask) ? null : record;
    }

    /// <summary>The record at a position, which the caller knows to be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected byte* CheckedRecordAt(ref ulong at, out uint length, out ulong size)
    {
        byte* record = RecordAt(ref at, out length, out size);
        return record is not null ? record : throw WrongLength(length);
    }

    /// <summary>Copies a record out, or opens its file; returns the bytes of the file, 0 where it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected ulong Copy(byte* record, uint length, ulong position, ReceivedMessage message, out SharedFile? block, ref Look look)
    {
        if (!CopyHeader(record, position, message))
        {
            block = null;
            CopyBody(record, length, message);
            return 0;
        }

        return OpenBlock(record, length, position, message, out block, ref look);
    }

    /// <summary>Copies what a record says about its message; returns whether the message is in a file of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static bool CopyHeader(byte* record, ulong position, ReceivedMessage message)
    {
        message.SenderId = *(int*)(record + 4);
        message.Stamp = MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        message.Position = position;
        message.DeliveryCount = 1;
        return (flags & RecordFlags.Block) != 0;
    }

    /// <summary>Copies the body of a record that has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void CopyBody(byte* record, uint length, ReceivedMessage message) =>
        new ReadOnlySpan<byte>(record + Ring.HeaderSize, (int)length).CopyTo(message.Prepare((int)length));

    /// <summary>Opens the file of a message; returns its bytes.</summary>
    protected ulong OpenBlock(byte* record, uint length, ulong position, ReceivedMessage message, out SharedFile? block, ref Look look)
    {
        ulong blockBytes = BlockLength(record, length);
        block = OverflowBlock.Open(Ring.Segment, Ring.BlockBase + position, (long)blockBytes);
        message.Prepare(block is null ? 0 : (int)blockBytes);
        look = block is null ? Look.Lost : Look.Found;
        return blockBytes;
    }

    /// <summary>The length of a message in a file of its own.</summary>
    protected ulong BlockLength(byte* record, uint recordLength)
    {
        long length = recordLength == 8 ? *(long*)(record + Ring.HeaderSize) : -1;
        return length is >= 1 and <= int.MaxValue ? (ulong)length : throw Ring.Corrupt(Messages.ReasonLargeMessageLength.With(length));
    }

    private IpcException WrongLength(uint length) => Ring.Corrupt(Messages.ReasonRecordLength.With(length));

    private void ThrowUnlessFound(Look look)
    {
        if (look != Look.Found)
        {
            throw look == Look.Closed
                ? Ring.ClosedError()
                : Ring.Corrupt(Messages.ReasonLargeMessageGone);
        }
    }

    private void ReadBlock(SharedFile? block, ReceivedMessage message)
    {
        if (block is null)
        {
            return;
        }

        using (block)
        {
            if (block.Read(message.Prepare(message.Length)) != message.Length)
            {
                throw Ring.Corrupt(Messages.ReasonLargeMessageCut);
            }
        }
    }
}
