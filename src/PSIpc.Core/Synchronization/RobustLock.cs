using PSIpc.Core.Diagnostics;
using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>How a lock was got.</summary>
internal enum LockEntry
{
    /// <summary>It was not, in the time allowed.</summary>
    TimedOut,

    /// <summary>It was free, or became free.</summary>
    Entered,

    /// <summary>It was taken over from a dead process, which may have left what the lock guards half done.</summary>
    TakenOver,
}

/// <summary>A lock in one word of shared memory that a killed owner cannot keep.</summary>
/// <remarks>
/// The word is 0, or the owner's participant id (31 bits), with the top bit set while somebody may sleep on it. It goes from 0 to an id by
/// compare-and-swap, and from an id to 0 by exchange, which is also the full fence between what was guarded and any look that the owner
/// takes afterwards. It goes from one id to another only by compare-and-swap on the exact word of an owner known to be dead; participant
/// ids are not used again, so that word cannot have come to mean somebody else. Four wakes can be missing, each of
/// which delays the next sleeper by <see cref="Interval"/> at most, since all look again then: the owner died; who let go of it died between its exchange and its wake;
/// the one who was woken died before it took the lock; the one who was woken gave up, and another had taken the lock without the sleepers' bit.
/// </remarks>
internal readonly unsafe struct RobustLock(uint* word, ParticipantTable participants, uint self)
{
    /// <summary>Milliseconds between a sleeper's looks at whether the owner lives.</summary>
    public const int Interval = 50;

    /// <summary>The bits of the word that name the owner.</summary>
    public const uint OwnerMask = ~SleepersBit;

    private const uint SleepersBit = 1u << 31;
    private const int Spins = 60;

    /// <summary>Whether anybody holds it, dead or alive.</summary>
    public bool IsHeld => Volatile.Read(ref *word) != 0;

    /// <summary>Whether a thread of this process holds it.</summary>
    public bool IsHeldHere => (Volatile.Read(ref *word) & ~SleepersBit) == self;

    /// <summary>Whether the holder, if there is one, is dead.</summary>
    public bool IsAbandoned
    {
        get
        {
            uint seen = Volatile.Read(ref *word);
            return seen != 0 && !participants.IsAlive(seen & ~SleepersBit);
        }
    }

    /// <summary>Takes the lock if nobody holds it.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref *word, self, 0) == 0;

    /// <summary>Takes the lock, waiting for it, and taking it over from a dead owner.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/> within <see cref="Interval"/> ms.</param>
    public LockEntry Enter(Deadline deadline, CancellationToken cancellation) =>
        TryEnter() ? LockEntry.Entered : EnterContended(deadline, cancellation);

    /// <summary>Lets go of the lock.</summary>
    public void Exit()
    {
        if ((Interlocked.Exchange(ref *word, 0) & SleepersBit) != 0)
        {
            Platform.Waits.Wake(word, all: false);
        }
    }

    private LockEntry EnterContended(Deadline deadline, CancellationToken cancellation)
    {
        for (int i = 0; i < Spins && Environment.ProcessorCount > 1; i++)
        {
            if (Volatile.Read(ref *word) == 0 && TryEnter())
            {
                return LockEntry.Entered;
            }

            Thread.SpinWait(4);
        }

        bool firstLook = true;
        while (true)
        {
            uint seen = Volatile.Read(ref *word);
            if (seen == 0)
            {
                // Others may sleep still: keep the bit set, so that Exit wakes one of them.
                if (Interlocked.CompareExchange(ref *word, self | SleepersBit, 0) == 0)
                {
                    return LockEntry.Entered;
                }

                continue;
            }

            if ((!firstLook || deadline.IsOver) && !participants.IsAlive(seen & ~SleepersBit))
            {
                int dead = participants.ProcessIdOf(seen & ~SleepersBit);
                if (Interlocked.CompareExchange(ref *word, self | SleepersBit, seen) == seen)
                {
                    IpcMetrics.TookOver();
                    IpcEvents.Log.LockTakenOver(dead);
                    return LockEntry.TakenOver;
                }

                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.IsOver)
            {
                return LockEntry.TimedOut;
            }

            if ((seen & SleepersBit) != 0 || Interlocked.CompareExchange(ref *word, seen | SleepersBit, seen) == seen)
            {
                Platform.Waits.Wait(word, seen | SleepersBit, deadline.Milliseconds(Interval));
                firstLook = false;
            }
        }
    }
}
