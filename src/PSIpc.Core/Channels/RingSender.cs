using System.Runtime.CompilerServices;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The sending side of a record ring.</summary>
/// <remarks>
/// Order of a send, after the lock: wake who sleeps, write the record past the tail, fill the ledger, store the tail, let go of the lock
/// (a full fence), wake who went to sleep meanwhile. A receiver announces itself, looks at the lock, and then looks for a message. It
/// goes to sleep for an unlimited time only when it saw the lock free: then whatever it did not find is sent by somebody who takes the
/// lock later, and whose first wake finds it announced. One that saw the lock held looks again every
/// <see cref="EventCount.GuardInterval"/> ms. So wherever a sender is killed, no receiver sleeps on a message that is there.
/// </remarks>
internal unsafe class RingSender(RingMemory ring, IRingPeer? peer = null)
{
    private const int BlockRecordSize = 8;

    private static readonly int ProcessId = Environment.ProcessId;

    private readonly ulong _mask = (ulong)ring.Capacity - 1;
    private readonly int _largestInRing = (int)Math.Min(ring.Capacity / 2, 1 << 30) - ring.HeaderSize;

    // Last known receiving side; never ahead of the truth. Used under the send lock only.
    private LedgerEntry _known;

    protected Spinner Spinner { get; } = new();

    /// <summary>Sends one message; false when there was no room in time.</summary>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        if (GoesInBlock(body.Length, stamp))
        {
            return SendBlock(body, stamp, deadline, cancellation);
        }

        while (true)
        {
            if (!ring.EnterSend(deadline, cancellation))
            {
                return false;
            }

            bool sent;
            ulong seenHead;
            try
            {
                sent = TryAppend(body, stamp, RecordFlags.None, null);
            }
            finally
            {
                seenHead = _known.Position;
                ring.SendLock.Exit();
            }

            if (sent)
            {
                ring.DataEvent.WakeSleepers();
                return true;
            }

            if (!WaitForRoom(seenHead, deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <summary>Sends messages that lie one after the other, as many at a time as there is room for; returns how many were sent in time.</summary>
    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        int sent = 0;
        while (sent < lengths.Length)
        {
            if (GoesInBlock(lengths[sent], stamp))
            {
                if (!SendBlock(bodies[..lengths[sent]], stamp, deadline, cancellation))
                {
                    return sent;
                }

                bodies = bodies[lengths[sent++]..];
                continue;
            }

            if (!ring.EnterSend(deadline, cancellation))
            {
                return sent;
            }

            int before = sent;
            ulong seenHead;
            try
            {
                AppendMany(ref bodies, lengths, ref sent, stamp);
            }
            finally
            {
                seenHead = _known.Position;
                ring.SendLock.Exit();
            }

            if (sent > before)
            {
                ring.DataEvent.WakeSleepers();
            }
            else if (!WaitForRoom(seenHead, deadline, cancellation))
            {
                return sent;
            }
        }

        return sent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool GoesInBlock(int length, MessageStamp stamp) => length > _largestInRing || (stamp.InOwnFile && length > 0);

    private bool SendBlock(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        using OverflowBlock block = OverflowBlock.Write(ring.Segment, body);
        Span<byte> record = stackalloc byte[BlockRecordSize];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(record, body.Length);
        while (true)
        {
            if (!ring.EnterSend(deadline, cancellation))
            {
                return false;
            }

            bool sent;
            ulong seenHead;
            try
            {
                Begin(out _);
                sent = HasRoomForBlock(body.Length) && TryAppend(record, stamp, RecordFlags.Block, block, body.Length);
            }
            finally
            {
                seenHead = _known.Position;
                ring.SendLock.Exit();
            }

            if (sent)
            {
                ring.DataEvent.WakeSleepers();
                return true;
            }

            if (!WaitForRoom(seenHead, deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <summary>Blocks together take as much as the ring again, or one of them does if it is larger.</summary>
    private bool HasRoomForBlock(long length)
    {
        _known = LookForRoom(0, (ulong)length);
        ulong outstanding = ring.Sent.Current(*ring.Tail)->BlockBytes - _known.BlockBytes;
        return outstanding == 0 || outstanding + (ulong)length <= (ulong)ring.Capacity;
    }

    private bool TryAppend(ReadOnlySpan<byte> body, MessageStamp stamp, RecordFlags flags, OverflowBlock? block, long blockBytes = 0)
    {
        ulong at = Begin(out LedgerEntry* current);
        ulong size = ring.RecordSize(body.Length);
        if (!TryPlace(ref at, size, current->Count))
        {
            return false;
        }

        block?.Publish(ring.BlockBase + at);
        WriteRecord(ring.Data + (at & _mask), body, stamp.Pack(flags), ring.HeaderSize);
        Publish(current, at + size, 1, (ulong)blockBytes);
        return true;
    }

    /// <summary>Appends what there is room for, up to a message that is too large for the ring, and publishes it by one store.</summary>
    private void AppendMany(ref ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, ref int sent, MessageStamp stamp)
    {
        ulong end = Begin(out LedgerEntry* current);
        ulong word = stamp.Pack(RecordFlags.None);
        ulong count = 0;
        int headerSize = ring.HeaderSize;
        while (sent < lengths.Length && !GoesInBlock(lengths[sent], stamp))
        {
            ReadOnlySpan<byte> body = bodies[..lengths[sent]];
            ulong at = end;
            ulong size = RingMemory.RecordSize(body.Length, headerSize);
            if (!TryPlace(ref at, size, current->Count + count))
            {
                break;
            }

            WriteRecord(ring.Data + (at & _mask), body, word, headerSize);
            end = at + size;
            bodies = bodies[body.Length..];
            count++;
            sent++;
        }

        if (count > 0)
        {
            Publish(current, end, count, 0);
        }
    }

    /// <summary>The tail, where the next record goes, and what was sent up to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Begin(out LedgerEntry* current)
    {
        if (ring.IsClosed || ring.IsDetached)
        {
            throw ring.ClosedError();
        }

        ulong tail = *ring.Tail;
        current = ring.Sent.Current(tail);
        return (tail & (RingMemory.RecordAlignment - 1)) == 0 ? tail : throw ring.Corrupt(Messages.ReasonTailNotAtRecord);
    }

    /// <summary>Whether there is room for a record; if the ring's end is too near, marks it as unused and moves on to the beginning.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPlace(ref ulong at, ulong size, ulong sent)
    {
        ulong toEnd = (ulong)ring.Capacity - (at & _mask);
        ulong padding = size > toEnd ? toEnd : 0;
        if (!HasRoom(at, padding + size, sent))
        {
            return false;
        }

        if (padding > 0)
        {
            *(uint*)(ring.Data + (at & _mask)) = RingMemory.Padding;
            at += padding;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Publish(LedgerEntry* current, ulong tail, ulong count, ulong blockBytes)
    {
        LedgerEntry* next = ring.Sent.Next(current);
        next->Position = tail;
        next->Count = current->Count + count;
        next->BlockBytes = current->BlockBytes + blockBytes;
        Volatile.Write(ref *ring.Tail, tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteRecord(byte* at, ReadOnlySpan<byte> body, ulong stamp, int headerSize)
    {
        *(int*)at = body.Length;
        *(int*)(at + 4) = ProcessId;
        *(ulong*)(at + 8) = stamp;
        if (headerSize > RingMemory.RecordHeaderSize)
        {
            *(ulong*)(at + RingMemory.RecordHeaderSize) = 0;
        }

        body.CopyTo(new Span<byte>(at + headerSize, body.Length));
    }

    private bool HasRoom(ulong tail, ulong size, ulong sent)
    {
        if (Fits(tail, size, sent))
        {
            return true;
        }

        _known = LookForRoom(tail + size > (ulong)ring.Capacity ? tail + size - (ulong)ring.Capacity : 0, 0);
        return tail - _known.Position <= (ulong)ring.Capacity
            ? Fits(tail, size, sent)
            : throw ring.Corrupt(Messages.ReasonHeadAndTailTooFarApart);
    }

    /// <summary>Makes room if that is the sender's to do, and says how far the receiving side is; under the send lock.</summary>
    /// <param name="head">The head that would be enough.</param>
    /// <param name="blockBytes">The bytes of a file for which there should be room.</param>
    protected virtual LedgerEntry LookForRoom(ulong head, ulong blockBytes) => ring.Received.Snapshot(ring.Head);

    /// <summary>Waits until the head is not what it was when there was no room.</summary>
    protected virtual bool WaitForRoom(ulong seenHead, Deadline deadline, CancellationToken cancellation)
    {
        if (deadline.IsOver)
        {
            return false;
        }

        return Spinner.UntilChanged(ring.Head, seenHead) || SleepForRoom(seenHead, deadline, cancellation);
    }

    private bool Fits(ulong tail, ulong size, ulong sent)
    {
        // What is known may be older than a whole turn of the ring, when others sent: that is no room either.
        ulong used = tail - _known.Position;
        return used <= (ulong)ring.Capacity && used + size <= (ulong)ring.Capacity && (ring.MaxCount == 0 || sent - _known.Count < (ulong)ring.MaxCount);
    }

    private bool SleepForRoom(ulong head, Deadline deadline, CancellationToken cancellation)
    {
        uint seen = ring.SpaceEvent.Prepare();
        bool guarded = ring.ReceiveLock.IsHeld;
        peer?.LookBeforeSleep(deadline, cancellation);
        if (Volatile.Read(ref *ring.Head) == head && !ring.IsClosed && !ring.IsDetached)
        {
            ring.SleepForSpace(seen, guarded, deadline, cancellation);
        }

        return true;
    }
}
