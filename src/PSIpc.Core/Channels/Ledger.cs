using System.Runtime.InteropServices;

namespace PSIpc.Core.Channels;

/// <summary>
/// How many messages and block bytes lie before an index of a ring: two entries, of which the one that names the published index counts.
/// </summary>
/// <remarks>
/// The holder of the side's lock fills the other entry, then publishes the index by one store. So the counts change in the same instant
/// as the index, and a crash at any store leaves the old index with the old counts or the new with the new.
/// </remarks>
internal readonly unsafe struct Ledger(byte* entries)
{
    private readonly LedgerEntry* _entries = (LedgerEntry*)entries;

    /// <summary>The entry of a published index; the caller holds the side's lock.</summary>
    public LedgerEntry* Current(ulong position) => _entries[0].Position == position ? &_entries[0] : &_entries[1];

    /// <summary>The entry to fill before a new index is published; the caller holds the side's lock.</summary>
    public LedgerEntry* Next(LedgerEntry* current) => current == &_entries[0] ? &_entries[1] : &_entries[0];

    /// <summary>The counts that go with an index, read without its lock.</summary>
    /// <remarks>Valid when the index, read before and after, has not moved: its entry is not written meanwhile.</remarks>
    public LedgerEntry Snapshot(ulong* index)
    {
        var wait = default(SpinWait);
        while (true)
        {
            ulong position = Volatile.Read(ref *index);
            LedgerEntry entry = *Current(position);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref *index) == position)
            {
                return entry;
            }

            wait.SpinOnce();
        }
    }
}

/// <summary>What lies before an index: 24 bytes of shared memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LedgerEntry
{
    /// <summary>The index.</summary>
    public ulong Position;

    /// <summary>Messages before it.</summary>
    public ulong Count;

    /// <summary>Bytes of the messages before it that are in files of their own.</summary>
    public ulong BlockBytes;
}
