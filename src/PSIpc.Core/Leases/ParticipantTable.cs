using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Leases;

/// <summary>
/// The processes attached to one object: a table of slots in its header, each naming a lease.
/// </summary>
/// <remarks>
/// Slots change only under the file's lock. A participant id is the slot and how many times it had been taken, so a lock word that names a
/// dead participant never comes to mean the next one in its slot (until the count wraps, after four million takers of one slot).
/// A crash before the last store of <see cref="Claim"/> leaves the slot free; one after it leaves a slot whose lease is dead, which is
/// claimed again.
/// </remarks>
internal readonly unsafe struct ParticipantTable(byte* slots, string directory, Guid ownLease)
{
    /// <summary>Processes that can be attached to one object at a time.</summary>
    public const int SlotCount = 256;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotSize = 32;

    /// <summary>Bytes of the table.</summary>
    public const int Size = SlotCount * SlotSize;

    /// <summary>Bits of a participant id that are the slot's number; the rest is its generation, from 1.</summary>
    public const int SlotBits = 9;

    private const uint GenerationMask = (1u << 22) - 1;

    // The lower half of the word of waiters is their number, the upper half the lower bits of the slot's generation.
    private const int CountBits = 16;
    private const uint CountMask = (1u << CountBits) - 1;

    /// <summary>Takes a slot for this process: its participant id. The caller holds the file's lock.</summary>
    public uint Claim(string objectName)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < SlotCount; i++)
            {
                Slot* slot = At(i);
                bool free = slot->State == Slot.Free || (pass == 1 && !Lease.IsAlive(directory, slot->Lease));
                if (!free)
                {
                    continue;
                }

                // The fence keeps the new lease from being seen beside the old owner's generation.
                Volatile.Write(ref slot->State, Slot.Free);
                Interlocked.MemoryBarrier();
                uint generation = Math.Max(1, (slot->Generation + 1) & GenerationMask);
                Volatile.Write(ref slot->Generation, generation);
                Interlocked.MemoryBarrier();
                slot->ProcessId = Environment.ProcessId;
                Volatile.Write(ref slot->Waiting, generation << CountBits);
                slot->Lease = ownLease;
                Volatile.Write(ref slot->State, Slot.Taken);
                return (generation << SlotBits) | (uint)i;
            }
        }

        throw new IpcException(
            IpcErrorKind.OutOfMemory,
            Messages.ObjectHasMostParticipants.With(objectName, SlotCount),
            objectName);
    }

    /// <summary>Gives this process's slot back. A lock that it still held is free to be taken over from then on.</summary>
    public void Release(uint participant)
    {
        Slot* slot = At((int)(participant & ((1 << SlotBits) - 1)));
        if (slot->Generation == participant >> SlotBits)
        {
            Volatile.Write(ref slot->State, Slot.Free);
        }
    }

    /// <summary>Whether the process with this participant id is still attached and alive.</summary>
    public bool IsAlive(uint participant) =>
        TryGetLease(participant, out Guid lease) && (lease == ownLease || Lease.IsAlive(directory, lease));

    /// <summary>Whether that participant is still attached, and the lease of its process, which may be dead.</summary>
    public bool TryGetLease(uint participant, out Guid lease)
    {
        lease = default;
        int index = (int)(participant & ((1 << SlotBits) - 1));
        if (index >= SlotCount)
        {
            return false;
        }

        Slot* slot = At(index);
        uint generation = participant >> SlotBits;
        if (!IsTakenBy(slot, generation))
        {
            return false;
        }

        lease = slot->Lease;
        Interlocked.MemoryBarrier();
        return IsTakenBy(slot, generation);
    }

    /// <summary>The process id of a participant, for people; 0 when it is gone.</summary>
    public int ProcessIdOf(uint participant) =>
        TryGetLease(participant, out _) ? At((int)(participant & ((1 << SlotBits) - 1)))->ProcessId : 0;

    /// <summary>The process ids of the living participants.</summary>
    public List<int> LivingProcesses() => LivingProcesses(waiting: false);

    /// <summary>The process ids of the living participants in which a thread sleeps until something about the object changes, for people.</summary>
    public List<int> WaitingProcesses() => LivingProcesses(waiting: true);

    /// <summary>Counts a thread of a participant that goes to sleep, or one that slept. What a former owner of the slot counts late changes nothing.</summary>
    public void CountWaiting(uint participant, int change)
    {
        Slot* slot = At((int)(participant & ((1 << SlotBits) - 1)));
        uint tag = (participant >> SlotBits) & CountMask;
        while (true)
        {
            uint seen = Volatile.Read(ref slot->Waiting);
            long count = (seen & CountMask) + (long)change;
            if (seen >> CountBits != tag || count is < 0 or > CountMask || Interlocked.CompareExchange(ref slot->Waiting, (tag << CountBits) | (uint)count, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Whether a process died while it was attached; one that let go is not among them.</summary>
    public bool HasDead()
    {
        for (int i = 0; i < SlotCount; i++)
        {
            Slot* slot = At(i);
            uint generation = Volatile.Read(ref slot->Generation);
            if (TryGetLease((generation << SlotBits) | (uint)i, out Guid lease) && lease != ownLease && !Lease.IsAlive(directory, lease) && IsTakenBy(slot, generation))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The leases of the other attached processes, dead ones among them.</summary>
    public List<Guid> OtherLeases()
    {
        var leases = new List<Guid>();
        for (int i = 0; i < SlotCount; i++)
        {
            if (TryGetLease((Volatile.Read(ref At(i)->Generation) << SlotBits) | (uint)i, out Guid lease) && lease != ownLease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    private List<int> LivingProcesses(bool waiting)
    {
        var processes = new List<int>();
        for (int i = 0; i < SlotCount; i++)
        {
            Slot* slot = At(i);
            if (Volatile.Read(ref slot->State) != Slot.Free && (!waiting || (slot->Waiting & CountMask) != 0) && (slot->Lease == ownLease || Lease.IsAlive(directory, slot->Lease)))
            {
                processes.Add(slot->ProcessId);
            }
        }

        return processes;
    }

    private static bool IsTakenBy(Slot* slot, uint generation) =>
        Volatile.Read(ref slot->State) == Slot.Taken && Volatile.Read(ref slot->Generation) == generation;

    private Slot* At(int index) => (Slot*)(slots + (index * SlotSize));

    [StructLayout(LayoutKind.Explicit, Size = SlotSize)]
    [SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
    private struct Slot
    {
        public const uint Free = 0;
        public const uint Taken = 1;

        [FieldOffset(0)]
        public uint Generation;

        [FieldOffset(4)]
        public uint State;

        [FieldOffset(8)]
        public int ProcessId;

        [FieldOffset(12)]
        public uint Waiting;

        [FieldOffset(16)]
        public Guid Lease;
    }
}
