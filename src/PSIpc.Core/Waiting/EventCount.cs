using System.Runtime.CompilerServices;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Waiting;

/// <summary>
/// Sleeping until a condition in shared memory may have changed: an event count, two words of shared memory.
/// </summary>
/// <remarks>
/// <c>signal</c> is odd and grows by 2 with every wake. A sleeper reads it, announces what it read in <c>sleepers</c> with a full fence,
/// looks at its condition, and sleeps only while <c>signal</c> is unchanged. A waker changes the condition, then after a full fence reads
/// <c>sleepers</c>; if somebody is announced it raises <c>signal</c>, wakes all, and only then takes the announcement away, unless a newer
/// one has come. So a waker that is killed or stopped anywhere leaves the announcement to the next one, and a sleeper that is killed
/// leaves at most one wake too many. An announcement never gives way to an older one, which a waker that saw the older one could take
/// for its own. Zero is no signal: a sleeper whose memory was given back does not sleep.
/// </remarks>
internal readonly unsafe struct EventCount(uint* words)
{
    /// <summary>Bytes of an event count: signal, then sleepers.</summary>
    public const int Size = 8;

    /// <summary>How often a sleeper looks whether the holder of a guarding lock is alive, in milliseconds.</summary>
    public const int GuardInterval = 50;

    /// <summary>What signal begins with.</summary>
    public const uint FirstSignal = 1;

    private const uint Step = 2;

    private readonly uint* _signal = words;
    private readonly uint* _sleepers = words + 1;

    /// <summary>Whether somebody may be asleep. The caller has made a full fence since it changed the condition.</summary>
    public bool HasSleepers => Volatile.Read(ref *_sleepers) != 0;

    /// <summary>Says that the caller will sleep unless its condition holds; returns what <see cref="Sleep"/> wants.</summary>
    public uint Prepare()
    {
        uint seen = Volatile.Read(ref *_signal);
        while (true)
        {
            uint announced = Volatile.Read(ref *_sleepers);
            bool isOlder = announced == 0 || (int)(seen - announced) > 0;
            if (!isOlder)
            {
                Interlocked.MemoryBarrier();
                return seen;
            }

            if (Interlocked.CompareExchange(ref *_sleepers, seen, announced) == announced)
            {
                return seen;
            }
        }
    }

    /// <summary>Sleeps until woken, after <see cref="Prepare"/> and a look at the condition. A cancellation wakes all.</summary>
    /// <param name="seen">What Prepare returned.</param>
    /// <param name="guarded">Whether a lock was held, between Prepare and the look, whose holder could be killed between its change and its wake: then sleep shortly.</param>
    /// <param name="deadline">The longest sleep.</param>
    /// <param name="cancellation">Ends the sleep with <see cref="OperationCanceledException"/>.</param>
    public void Sleep(uint seen, bool guarded, Deadline deadline, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (seen == 0)
        {
            // The memory was given back, or is damaged: nobody would wake this one. It looks again soon, and not without a pause.
            Thread.Sleep(1);
            return;
        }

        using CancellationTokenRegistration registration = cancellation.CanBeCanceled
            ? cancellation.UnsafeRegister(static state => ((Waker)state!).Wake(), new Waker(this))
            : default;
        Platform.Waits.Wait(_signal, seen, deadline.Milliseconds(guarded ? GuardInterval : -1));
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>What to sleep on together with other words, after <see cref="Prepare"/>; see <see cref="Sleep"/>.</summary>
    public WaitTarget Target(uint seen, bool guarded) => new(_signal, seen, guarded);

    /// <summary>Wakes all sleepers, if there are any.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WakeSleepers()
    {
        if (HasSleepers)
        {
            WakeAll();
        }
    }

    /// <summary>Wakes all sleepers in every process, whether or not any is announced.</summary>
    public void WakeAll()
    {
        uint announced = Volatile.Read(ref *_sleepers);
        Interlocked.Add(ref *_signal, Step);
        Platform.Waits.Wake(_signal, all: true);
        Interlocked.CompareExchange(ref *_sleepers, 0, announced);
    }

    private sealed class Waker(EventCount wait)
    {
        public void Wake() => wait.WakeAll();
    }
}
