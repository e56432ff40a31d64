using PSIpc.Core.Platforms;

namespace PSIpc.Core.Waiting;

/// <summary>
/// Sleeping until a condition in shared memory may have changed: an event count, two words of shared memory.
/// </summary>
/// <remarks>
/// A sleeper reads <c>signal</c>, sets <c>sleepers</c> to 1 with a full fence, looks at its condition, and sleeps only while
/// <c>signal</c> is unchanged. A waker changes the condition, then after a full fence reads <c>sleepers</c>; if it is set, it clears it,
/// adds one to <c>signal</c> and wakes all. <c>sleepers</c> is a flag and not a count, so a sleeper that is killed leaves at most one wake
/// too many. A waker killed before its wake is the reason for <see cref="Sleep"/>'s guard.
/// </remarks>
internal readonly unsafe struct EventCount(uint* words)
{
    /// <summary>Bytes of an event count: signal, then sleepers.</summary>
    public const int Size = 8;

    /// <summary>How often a sleeper looks whether the holder of a guarding lock is alive, in milliseconds.</summary>
    public const int GuardInterval = 50;

    private readonly uint* _signal = words;
    private readonly uint* _sleepers = words + 1;

    /// <summary>Whether somebody may be asleep. The caller has made a full fence since it changed the condition.</summary>
    public bool HasSleepers => Volatile.Read(ref *_sleepers) != 0;

    /// <summary>Says that the caller will sleep unless its condition holds; returns what <see cref="Sleep"/> wants.</summary>
    public uint Prepare()
    {
        uint seen = Volatile.Read(ref *_signal);
        Interlocked.Exchange(ref *_sleepers, 1);
        return seen;
    }

    /// <summary>Sleeps until woken, after <see cref="Prepare"/> and a look at the condition.</summary>
    /// <param name="seen">What Prepare returned.</param>
    /// <param name="deadline">The longest sleep.</param>
    /// <param name="guarded">Whether a lock is held whose holder could be killed between its change and its wake: then sleep shortly.</param>
    public void Sleep(uint seen, Deadline deadline, bool guarded) =>
        Platform.Waits.Wait(_signal, seen, deadline.Milliseconds(guarded ? GuardInterval : -1));

    /// <summary>Wakes all sleepers, if there are any.</summary>
    public void WakeSleepers()
    {
        if (HasSleepers)
        {
            WakeAll();
        }
    }

    /// <summary>Wakes all sleepers in every process, whether or not the flag says that there are any.</summary>
    public void WakeAll()
    {
        Volatile.Write(ref *_sleepers, 0);
        Interlocked.Increment(ref *_signal);
        Platform.Waits.Wake(_signal, all: true);
    }
}
