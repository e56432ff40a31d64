using System.Runtime.CompilerServices;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>How the ring's two locks are taken, also over from the dead, and how one sleeps on what the other side does.</summary>
internal sealed unsafe partial class RingMemory
{
    /// <summary>
    /// Takes the send lock, puts right what a dead owner left, and wakes who sleeps on messages; false when the time is up.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool EnterSend(Deadline deadline, CancellationToken cancellation)
    {
        if (!SendLock.TryEnter())
        {
            return EnterSendContended(deadline, cancellation);
        }

        DataEvent.WakeSleepers();
        return true;
    }

    /// <summary>
    /// Takes the receive lock, puts right what a dead owner left, and wakes who waits for room; false when the time is up.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool EnterReceive(Deadline deadline, CancellationToken cancellation)
    {
        if (!ReceiveLock.TryEnter())
        {
            return EnterReceiveContended(deadline, cancellation);
        }

        SpaceEvent.WakeSleepers();
        return true;
    }

    /// <summary>Sleeps until a message may be there. What Prepare and the lock said, in that order, was read before the look that found none.</summary>
    public void SleepForData(uint seen, bool guarded, Deadline deadline, CancellationToken cancellation)
    {
        if (guarded && SendLock.IsAbandoned && EnterSend(deadline, cancellation))
        {
            SendLock.Exit();
        }
        else
        {
            using WaiterMark mark = new(Segment);
            DataEvent.Sleep(seen, guarded, deadline, cancellation);
        }
    }

    /// <summary>What else to put right under the receive lock when it was taken over.</summary>
    public Action? ReceiveRepair { get; set; }

    /// <summary>Takes the send lock over from a dead owner, and lets go of it.</summary>
    public void ReleaseAbandonedSend()
    {
        if (SendLock.IsAbandoned && EnterSend(Deadline.Now, default))
        {
            SendLock.Exit();
        }
    }

    /// <summary>Sleeps until there may be room. What Prepare and the lock said, in that order, was read before the look that found none.</summary>
    public void SleepForSpace(uint seen, bool guarded, Deadline deadline, CancellationToken cancellation)
    {
        if (guarded && ReceiveLock.IsAbandoned && EnterReceive(deadline, cancellation))
        {
            ReceiveLock.Exit();
        }
        else
        {
            using WaiterMark mark = new(Segment);
            SpaceEvent.Sleep(seen, guarded, deadline, cancellation);
        }
    }

    private bool EnterSendContended(Deadline deadline, CancellationToken cancellation)
    {
        LockEntry entry = SendLock.Enter(deadline.ButNotBefore(LockMilliseconds), cancellation);
        if (entry == LockEntry.TakenOver)
        {
            // A record that was not published does not exist; a block that was named for it would stay.
            PutRight(SendLock, Volatile.Read(ref *Tail), LastPosition);

            // In a topic, senders move the head and take the names of what is before it away.
            ulong head = Volatile.Read(ref *Head);
            PutRight(SendLock, 0, head == 0 ? 0 : head - 1);
            DataEvent.WakeAll();
        }
        else if (entry == LockEntry.Entered)
        {
            DataEvent.WakeSleepers();
        }

        return entry != LockEntry.TimedOut;
    }

    private bool EnterReceiveContended(Deadline deadline, CancellationToken cancellation)
    {
        LockEntry entry = ReceiveLock.Enter(deadline.ButNotBefore(LockMilliseconds), cancellation);
        if (entry == LockEntry.TakenOver)
        {
            // A block whose record was taken, but whose name was not, would stay.
            ulong head = Volatile.Read(ref *Head);
            PutRight(ReceiveLock, 0, head == 0 ? 0 : head - 1);
            try
            {
                ReceiveRepair?.Invoke();
            }
            catch
            {
                ReceiveLock.Exit();
                throw;
            }

            SpaceEvent.WakeAll();
        }
        else if (entry == LockEntry.Entered)
        {
            SpaceEvent.WakeSleepers();
        }

        return entry != LockEntry.TimedOut;
    }

    /// <summary>Removes the blocks, from the first position to the last, that a dead owner of a lock left without a record.</summary>
    private void PutRight(RobustLock taken, ulong first, ulong last)
    {
        try
        {
            if (Segment.HasBlocks && first <= LastPosition && (first > 0 || last > 0))
            {
                OverflowBlock.UnlinkRange(Segment, BlockBase + first, BlockBase + Math.Min(last, LastPosition));
            }
        }
        catch
        {
            taken.Exit();
            throw;
        }
    }
}
