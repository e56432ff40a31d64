namespace PSIpc.Core.Pools;

/// <summary>
/// The word by which a worker says which item it is running, and a pool takes back what the worker has not begun: an epoch in the upper 24 bits,
/// the ordinal of the last item that was begun in the lower 40. Items of a worker have ordinals from 1, in the order in which they are given.
/// </summary>
/// <remarks>
/// Invariant: an item is begun when, and only when, its ordinal is stored here, by a compare-and-swap that finds the epoch of the message
/// that brought it. The pool takes back by a compare-and-swap that raises the epoch and keeps the ordinal. So each item that was given is either
/// begun by the worker or taken back by the pool, never both, whatever is killed or stopped between any two instructions; and the ordinal of a
/// dead worker is that of the one item that it may have been in the middle of.
/// </remarks>
internal readonly unsafe struct ClaimWord(ulong* word)
{
    private const int OrdinalBits = 40;
    private const ulong OrdinalMask = (1UL << OrdinalBits) - 1;

    /// <summary>The largest epoch; 0 follows it. A message as old as a whole turn would have to be on its way still to be mistaken for a new one.</summary>
    public const uint LastEpoch = (1u << (64 - OrdinalBits)) - 1;

    private readonly ulong* _word = word;

    /// <summary>The ordinal of the last item that was begun; 0 for none.</summary>
    public ulong Begun => Volatile.Read(ref *_word) & OrdinalMask;

    /// <summary>The epoch of messages that may be begun.</summary>
    public uint Epoch => (uint)(Volatile.Read(ref *_word) >> OrdinalBits);

    /// <summary>The worker's: begins an item, unless it was taken back.</summary>
    public bool TryBegin(ulong ordinal, uint epoch)
    {
        while (true)
        {
            ulong seen = Volatile.Read(ref *_word);
            if (seen >> OrdinalBits != epoch)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref *_word, ((ulong)epoch << OrdinalBits) | ordinal, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>The pool's: takes back all that was given and not begun; returns the ordinal of the last item that was begun.</summary>
    public ulong TakeBack(uint newEpoch)
    {
        while (true)
        {
            ulong seen = Volatile.Read(ref *_word);
            if (Interlocked.CompareExchange(ref *_word, ((ulong)newEpoch << OrdinalBits) | (seen & OrdinalMask), seen) == seen)
            {
                return seen & OrdinalMask;
            }
        }
    }
}
