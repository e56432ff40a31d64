using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The subscriptions of a topic: a count of the slots that were ever used, then the slots.</summary>
internal readonly unsafe struct SubscriptionTable(byte* words, Segment segment)
{
    /// <summary>Subscriptions that a topic can have at a time.</summary>
    public const int SlotCount = 128;

    /// <summary>Bytes of the table.</summary>
    public const int Size = HeaderSize + (SlotCount * SubscriptionSlot.Size);

    private const int HeaderSize = 256;

    private readonly byte* _words = words;

    /// <summary>Slots that were ever used: those after them are free.</summary>
    public int Used => (int)Math.Min(Volatile.Read(ref *(uint*)_words), SlotCount);

    public SubscriptionSlot this[int index] => new(_words + HeaderSize + (index * SubscriptionSlot.Size), segment);

    /// <summary>Takes a slot, that of a dead process where none is free; the caller holds the send lock.</summary>
    public (int Index, uint State) Claim(LedgerEntry from, string topic)
    {
        int used = Used;
        for (int i = 0; i < SlotCount; i++)
        {
            SubscriptionSlot slot = this[i];
            bool isFree = i >= used || !slot.IsActive;
            if (!isFree && slot.Owner.IsGone)
            {
                slot.Free();
                isFree = true;
            }

            if (isFree && slot.TryClaim(from, out uint state))
            {
                if (i >= used)
                {
                    Volatile.Write(ref *(uint*)_words, (uint)i + 1);
                }

                return (i, state);
            }
        }

        throw new IpcException(IpcErrorKind.OutOfMemory, Messages.TopicHasMostSubscriptions.With(topic, SlotCount), topic);
    }

    /// <summary>Frees the slots of dead processes; the caller holds the send lock.</summary>
    public void FreeGone()
    {
        for (int i = Used - 1; i >= 0; i--)
        {
            if (this[i].IsActive && this[i].Owner.IsGone)
            {
                this[i].Free();
            }
        }
    }

    /// <summary>The subscription that is furthest behind, as of some moment; null when there is none.</summary>
    public SubscriptionSlot? Slowest(out ulong cursor)
    {
        SubscriptionSlot? slowest = null;
        cursor = 0;
        for (int i = Used - 1; i >= 0; i--)
        {
            SubscriptionSlot slot = this[i];
            if (!slot.IsActive)
            {
                continue;
            }

            ulong position = Volatile.Read(ref *slot.Cursor);
            if (slowest is null || (long)(position - cursor) < 0)
            {
                slowest = slot;
                cursor = position;
            }
        }

        return slowest;
    }

    /// <summary>The living subscriptions.</summary>
    public int CountLiving()
    {
        int count = 0;
        for (int i = Used - 1; i >= 0; i--)
        {
            count += this[i].IsActive && !this[i].Owner.IsGone ? 1 : 0;
        }

        return count;
    }

    /// <summary>How many subscriptions of living processes a table has, and by how many messages the slowest is behind; for whoever looks without being attached.</summary>
    public static (int Living, long Behind) LivingOf(byte* words, long published, ParticipantTable participants)
    {
        int living = 0;
        long behind = 0;
        for (int i = (int)Math.Min(Volatile.Read(ref *(uint*)words), SlotCount) - 1; i >= 0; i--)
        {
            byte* slot = words + HeaderSize + (i * SubscriptionSlot.Size);
            if (SubscriptionSlot.OwnerOf(slot) is > 0 and var owner && participants.IsAlive(owner))
            {
                living++;
                behind = Math.Max(behind, published - SubscriptionSlot.ReceivedOf(slot));
            }
        }

        return (living, behind);
    }

    /// <summary>Whether the lock of any subscription is held: its holder may be about to move its cursor.</summary>
    public bool IsAnyHeld()
    {
        for (int i = Used - 1; i >= 0; i--)
        {
            if (!this[i].IsActive || !this[i].Lock.IsHeld)
            {
                continue;
            }

            if (!this[i].Lock.IsAbandoned)
            {
                return true;
            }

            // Of a process that was killed while it wanted to have the subscription: its owner may not come for a long time.
            if (this[i].Lock.Enter(Deadline.Now, default) != LockEntry.TimedOut)
            {
                this[i].Lock.Exit();
            }
        }

        return false;
    }
}
