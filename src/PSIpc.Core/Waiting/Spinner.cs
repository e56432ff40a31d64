using System.Diagnostics;

namespace PSIpc.Core.Waiting;

/// <summary>
/// Looks again and again for a short while before the caller sleeps. What waiting pays off is learnt: the time doubles when the wait was
/// short and halves when it was in vain, so an idle waiter spins next to nothing and a busy one does not sleep. After the first microsecond
/// it yields between looks: whoever is waited for may be queued on this very processor, as a waker is whose sleeper took its place.
/// </summary>
internal sealed class Spinner
{
    private const int ShortestMicroseconds = 2;
    private const int LongestMicroseconds = 60;

    private int _microseconds = 20;

    /// <summary>Whether spinning can help at all: on one processor the other side could not run meanwhile.</summary>
    private static bool IsUseful { get; } = Environment.ProcessorCount > 1;

    /// <summary>Spins until the 64-bit word differs from what was seen; false when the time is up.</summary>
    public unsafe bool UntilChanged(ulong* word, ulong seen)
    {
        if (!IsUseful)
        {
            return Volatile.Read(ref *word) != seen;
        }

        int budget = _microseconds;
        long end = Stopwatch.GetTimestamp() + (budget * Stopwatch.Frequency / 1_000_000);
        do
        {
            for (int i = 0; i < 32; i++)
            {
                if (Volatile.Read(ref *word) != seen)
                {
                    _microseconds = Math.Min(LongestMicroseconds, budget * 2);
                    return true;
                }

                Thread.SpinWait(1);
            }

            Thread.Yield();
        }
        while (Stopwatch.GetTimestamp() < end);

        _microseconds = Math.Max(ShortestMicroseconds, budget / 2);
        return false;
    }
}
