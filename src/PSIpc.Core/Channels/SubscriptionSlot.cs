using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>Where the words of one subscription are in a topic's segment (docs/protocol.md, "Topic").</summary>
/// <remarks>
/// A slot is given out under the ring's send lock. Its cursor is stored only by the holder of its own lock, in its owner's process, and only
/// grows. Its owner gives it back by closing the owner's word under that lock; whoever holds the send lock then frees it, as that of a dead one.
/// </remarks>
internal readonly unsafe struct SubscriptionSlot(byte* words, Segment segment)
{
    /// <summary>Bytes of a slot.</summary>
    public const int Size = 256;

    private const int LockOffset = 64;
    private const int CursorOffset = 128;
    private const int LedgerOffset = 136;
    private const uint ActiveBit = 1;

    private readonly byte* _words = words;

    /// <summary>Twice the number of times that the slot was given out, plus 1 while it is.</summary>
    public uint State => Volatile.Read(ref *(uint*)_words);

    public bool IsActive => (State & ActiveBit) != 0;

    public EndOwner Owner => new((uint*)(_words + 4), segment);

    public RobustLock Lock => new((uint*)(_words + LockOffset), segment.Participants, segment.Participant);

    /// <summary>The position of the next message to receive.</summary>
    public ulong* Cursor => (ulong*)(_words + CursorOffset);

    /// <summary>What was published up to each cursor, and in <see cref="LedgerEntry.BlockBytes"/> how many messages were lost.</summary>
    public Ledger Ledger => new(_words + LedgerOffset);

    /// <summary>The participant id of the owner of the slot in these bytes; 0 where nobody has it. For whoever looks without being attached.</summary>
    public static uint OwnerOf(byte* words) => (Volatile.Read(ref *(uint*)words) & ActiveBit) == 0 ? 0 : EndOwner.ParticipantIn(Volatile.Read(ref *(uint*)(words + 4)));

    /// <summary>Messages that were published before the next one that its owner receives.</summary>
    public static long ReceivedOf(byte* words) => (long)new Ledger(words + LedgerOffset).Snapshot((ulong*)(words + CursorOffset)).Count;

    /// <summary>Gives the slot to this process; the caller holds the send lock, and the slot is free.</summary>
    /// <param name="from">Where the subscription begins.</param>
    /// <param name="state">The state by which the subscription knows the slot as its own.</param>
    /// <returns>False when a thread of the last owner is still at it, which came too late and is about to find that.</returns>
    public bool TryClaim(LedgerEntry from, out uint state)
    {
        RobustLock own = Lock;
        state = (State & ~ActiveBit) + 2;
        if (own.Enter(Deadline.Now, default) == LockEntry.TimedOut)
        {
            return false;
        }

        Volatile.Write(ref *(uint*)_words, state);
        Owner.Initialize();
        LedgerEntry* entries = (LedgerEntry*)(_words + LedgerOffset);
        entries[0] = new LedgerEntry { Position = from.Position, Count = from.Count };
        entries[1] = default;
        *Cursor = from.Position;
        state |= ActiveBit;
        Volatile.Write(ref *(uint*)_words, state);
        own.Exit();
        return true;
    }

    /// <summary>Gives the slot back.</summary>
    public void Free() => Volatile.Write(ref *(uint*)_words, State & ~ActiveBit);
}
