using System.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>What a thread that waits for a result does before it sleeps.</summary>
internal sealed unsafe partial class WorkerPool
{
    private static readonly long ShortestHelp = Stopwatch.Frequency / 1_000_000;
    private static readonly long LongestHelp = Stopwatch.Frequency / 8_000;

    private long _help = LongestHelp;

    /// <summary>
    /// Does the pump's work for a moment: a short item is over before two threads could have been woken. What this pays off is learnt: the moment
    /// doubles when it was enough and halves when it was in vain.
    /// </summary>
    /// <returns>Whether what the caller waits for holds.</returns>
    public bool Help(PoolCall call, Func<PoolCall, bool> until)
    {
        if (call.Holds(until))
        {
            return true;
        }

        if (Environment.ProcessorCount == 1)
        {
            Wake();
            return false;
        }

        long end = Stopwatch.GetTimestamp() + _help;
        ulong seen = Volatile.Read(ref *_segment.Rings);
        do
        {
            ulong rings = Volatile.Read(ref *_segment.Rings);
            if (rings != seen)
            {
                seen = rings;
                Flush(waits: true);
                if (call.Holds(until))
                {
                    _help = Math.Min(LongestHelp, _help * 2);
                    return true;
                }
            }

            Thread.SpinWait(10);
            Thread.Yield();
        }
        while (Stopwatch.GetTimestamp() < end);

        _help = Math.Max(ShortestHelp, _help / 2);
        Flush(); // From here on the pump does it.
        return call.Holds(until);
    }
}
