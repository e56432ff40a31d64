using PSIpc.Core.Leases;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The sending side of a topic's ring, which also makes room in it.</summary>
/// <remarks>
/// The ring's head is the oldest message that is still there; publishers move it, under the send lock, past messages that every living
/// subscription has received, or (DropOldest) past any. They move it about an eighth of the ring at a time, and only when room is
/// needed: so a late subscription finds what there is room for, and cursors are read rarely. The head is stored, and a full fence made,
/// before anything past it is written over: a subscription that copied a message and then finds the head not past it has copied it whole.
/// A publisher that waits watches the life of the slowest subscription's process, and frees the slot of a dead one.
/// </remarks>
internal sealed unsafe class TopicPublisher : RingSender, IDeathListener
{
    private const int StepsOfRing = 8;

    // Enough for a turn of the ring and the one before it.
    private const int MarkCount = 2 * StepsOfRing;

    private readonly RingMemory _ring;
    private readonly SubscriptionTable _subscriptions;
    private readonly TopicOverflow _overflow;
    private readonly ulong _capacity;
    private readonly List<ulong> _freedBlocks = [];

    // Where messages of this publisher ended, so that the head can go there without a look at each message before.
    private readonly LedgerEntry[] _marks = new LedgerEntry[MarkCount];
    private int _nextMark;
    private volatile bool _hasGone;
    private uint _watched;

    public TopicPublisher(RingMemory ring, SubscriptionTable subscriptions, TopicOverflow overflow)
        : base(ring)
    {
        _ring = ring;
        _subscriptions = subscriptions;
        _overflow = overflow;
        _capacity = (ulong)ring.Capacity;
    }

    void IDeathListener.OnDeath(Guid lease)
    {
        Volatile.Write(ref _watched, 0);
        _hasGone = true;
        _ring.SpaceEvent.WakeAll();
    }

    protected override LedgerEntry LookForRoom(ulong head, ulong blockBytes)
    {
        ulong at = *_ring.Head;
        LedgerEntry* current = _ring.Received.Current(at);
        LedgerEntry* sent = _ring.Sent.Current(*_ring.Tail);
        _freedBlocks.Clear();
        ulong limit = Limit(at, sent->Position);
        ulong goal = head > at ? Math.Max(head, at + (_capacity / StepsOfRing)) : at;
        var freed = new LedgerEntry { Position = at, Count = current->Count, BlockBytes = current->BlockBytes };
        GoToMark(ref freed, head, limit);
        _marks[_nextMark++ % MarkCount] = *sent;
        goal = freed.Position != at ? freed.Position : goal;
        while (freed.Position != limit && ((long)(goal - freed.Position) > 0 || IsShortOfBlocks(sent->BlockBytes - freed.BlockBytes, blockBytes)))
        {
            FreeOne(ref freed, limit);
        }

        if (freed.Position != at)
        {
            *_ring.Received.Next(current) = freed;
            Volatile.Write(ref *_ring.Head, freed.Position);
            Interlocked.MemoryBarrier();
            foreach (ulong block in _freedBlocks)
            {
                OverflowBlock.Unlink(_ring.Segment, _ring.BlockBase + block);
            }
        }

        return freed;
    }

    protected override bool WaitForRoom(ulong seenHead, Deadline deadline, CancellationToken cancellation)
    {
        if (_subscriptions.Slowest(out ulong cursor) is not { } slowest || _overflow == TopicOverflow.DropOldest)
        {
            return true; // The one that was in the way has gone.
        }

        // An attempt that found no room freed all up to the slowest cursor that it saw. One that is elsewhere now has moved since.
        if (cursor != seenHead)
        {
            return true;
        }

        if (deadline.IsOver)
        {
            if (!slowest.Owner.IsGone)
            {
                return false;
            }

            _hasGone = true;
            return true;
        }

        return Spinner.UntilChanged(slowest.Cursor, cursor) || SleepForRoom(slowest, cursor, deadline, cancellation);
    }

    /// <summary>Goes to the first mark about an eighth of the ring ahead, if one is there and no message in a file of its own lies before it.</summary>
    private void GoToMark(ref LedgerEntry freed, ulong head, ulong limit)
    {
        if ((long)(head - freed.Position) <= 0)
        {
            return;
        }

        ulong half = _capacity / StepsOfRing / 2;
        ulong nearest = Math.Max(half, head - freed.Position);
        ulong farthest = Math.Min(3 * half, limit - freed.Position);
        LedgerEntry best = freed;
        foreach (LedgerEntry mark in _marks)
        {
            ulong distance = mark.Position - freed.Position;
            if (distance >= nearest && distance <= farthest && mark.BlockBytes == freed.BlockBytes)
            {
                best = mark;
                farthest = distance;
            }
        }

        freed = best;
    }

    private bool IsShortOfBlocks(ulong outstanding, ulong wanted) => wanted > 0 && outstanding > 0 && outstanding + wanted > _capacity;

    /// <summary>How far the head may go.</summary>
    private ulong Limit(ulong head, ulong tail)
    {
        if (_overflow == TopicOverflow.DropOldest)
        {
            return tail;
        }

        if (_hasGone)
        {
            _hasGone = false;
            _subscriptions.FreeGone();
        }

        ulong limit = _subscriptions.Slowest(out ulong cursor) is null ? tail : cursor;
        return limit - head <= tail - head ? limit : throw _ring.Corrupt(Messages.ReasonSubscriptionWhereNoMessageIs);
    }

    private void FreeOne(ref LedgerEntry freed, ulong limit)
    {
        ulong mask = _capacity - 1;
        ulong at = freed.Position;
        byte* record = _ring.Data + (at & mask);
        if (*(uint*)record == RingMemory.Padding)
        {
            at += _capacity - (at & mask);
            record = _ring.Data;
        }

        uint length = *(uint*)record;
        ulong size = length <= int.MaxValue ? _ring.RecordSize((int)length) : ulong.MaxValue;
        if ((long)(limit - at) <= 0 || size > limit - at || size > _capacity - (at & mask))
        {
            throw _ring.Corrupt(Messages.ReasonRecordLength.With(length));
        }

        MessageStamp.Unpack(*(ulong*)(record + 8), out RecordFlags flags);
        if ((flags & RecordFlags.Block) != 0)
        {
            freed.BlockBytes += *(ulong*)(record + _ring.HeaderSize);
            _freedBlocks.Add(at);
        }

        freed.Position = at + size;
        freed.Count++;
    }

    private bool SleepForRoom(SubscriptionSlot slowest, ulong cursor, Deadline deadline, CancellationToken cancellation)
    {
        uint seen = _ring.SpaceEvent.Prepare();
        bool guarded = _subscriptions.IsAnyHeld() || _ring.ReceiveLock.IsHeld;
        EndOwner owner = slowest.Owner;
        uint participant = owner.Participant;
        if (owner.IsGone)
        {
            _hasGone = true;
            return true;
        }

        if (participant != _ring.Segment.Participant && participant != Volatile.Read(ref _watched))
        {
            if (!_ring.Segment.Participants.TryGetLease(participant, out Guid lease))
            {
                _hasGone = true;
                return true;
            }

            DeathWatch.Register(_ring.Segment.Directory.FullPath, lease, this);
            Volatile.Write(ref _watched, participant);
        }

        bool isStill = _subscriptions.Slowest(out ulong now) is not null && now == cursor;
        if (isStill && !_hasGone && !_ring.IsClosed && !_ring.IsDetached)
        {
            _ring.SleepForSpace(seen, guarded, deadline, cancellation);
        }

        return true;
    }
}
