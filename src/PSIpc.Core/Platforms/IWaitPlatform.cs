using PSIpc.Core.Waiting;

namespace PSIpc.Core.Platforms;

/// <summary>Sleeping on a word of shared memory until another process wakes the sleepers.</summary>
internal unsafe interface IWaitPlatform
{
    /// <summary>
    /// Sleeps while the word still holds the expected value. Returns when woken, when the value differs, after the time, or for no
    /// reason at all: callers look again.
    /// </summary>
    /// <param name="word">An aligned word in shared memory.</param>
    /// <param name="expected">The value that the caller saw.</param>
    /// <param name="milliseconds">The longest sleep; -1 for no limit.</param>
    void Wait(uint* word, uint expected, int milliseconds);

    /// <summary>Wakes one sleeper of the word, or all.</summary>
    void Wake(uint* word, bool all);

    /// <summary>The most words that <see cref="WaitAny"/> takes.</summary>
    int MostTargets => int.MaxValue;

    /// <summary>Sleeps while all of some words still hold what is expected. As <see cref="Wait"/>.</summary>
    /// <param name="targets">The words, with what the caller saw in them.</param>
    /// <param name="milliseconds">The longest sleep; -1 for no limit.</param>
    void WaitAny(ReadOnlySpan<WaitTarget> targets, int milliseconds) => LookRepeatedly(targets, milliseconds);

    /// <summary>What is left where the system cannot sleep on several words: a look every few milliseconds.</summary>
    static void LookRepeatedly(ReadOnlySpan<WaitTarget> targets, int milliseconds)
    {
        const int LongestSlice = 8;
        long end = milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;
        for (int slice = 0; Environment.TickCount64 < end; slice = Math.Min(slice + 1, LongestSlice))
        {
            foreach (WaitTarget target in targets)
            {
                if (Volatile.Read(ref *target.Word) != target.Expected)
                {
                    return;
                }
            }

            Thread.Sleep(slice);
        }
    }
}
