using System.Diagnostics;
using System.Globalization;
using PSIpc.Core.Memory;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>One of the two processes that increment a value, or hand a lock to each other.</summary>
internal static class MemoryPeer
{
    /// <summary>Increments of each process in a run.</summary>
    public const int Increments = 500_000;

    /// <summary>How often each process hands the lock to the other.</summary>
    public const int Handovers = 300;

    private static readonly TimeSpan Held = TimeSpan.FromMilliseconds(1);

    /// <summary>The kind of work, the value, the lock, the barrier.</summary>
    public static int Run(string kind, string value, string locked, string barrier)
    {
        using SharedCell cell = SharedCell.Open(value);
        using SharedLock own = SharedLock.Open(locked);
        using SharedBarrier start = SharedBarrier.Open(barrier);
        start.Wait(Deadline.Never);
        switch (kind)
        {
            case "locked":
                for (int i = 0; i < Increments; i++)
                {
                    own.Enter(Deadline.Never);
                    cell.TryReplaceWord(cell.Word + 1, cell.Word);
                    own.Exit();
                }

                break;
            case "atomic":
                for (int i = 0; i < Increments; i++)
                {
                    Add(cell, 1);
                }

                break;
            default:
                HandOver(cell, own);
                break;
        }

        start.Wait(Deadline.Never);
        return 0;
    }

    /// <summary>
    /// Takes the lock, sleeping for it, and lets go of it while the other sleeps for it; writes the median time, in microseconds, from the other's letting go to this one's having it.
    /// </summary>
    private static void HandOver(SharedCell stamp, SharedLock own)
    {
        var times = new List<long>();
        for (int i = 0; i < Handovers; i++)
        {
            own.Enter(Deadline.Never);
            long now = Stopwatch.GetTimestamp();
            long before = stamp.Word;
            if (before != 0)
            {
                times.Add(now - before);
            }

            Thread.Sleep(Held);
            long mine = Stopwatch.GetTimestamp();
            stamp.TryReplaceWord(mine, before);
            own.Exit();

            // Not again before the other one has had it.
            while (!own.IsHeld && stamp.Word == mine && i < Handovers - 1)
            {
                Thread.Yield();
            }
        }

        times.Sort();
        Console.WriteLine(Stopwatch.GetElapsedTime(0, times[times.Count / 2]).TotalMicroseconds.ToString(CultureInfo.InvariantCulture));
    }

    private static void Add(SharedCell cell, long number)
    {
        long word;
        do
        {
            word = cell.Word;
        }
        while (!cell.TryReplaceWord(word + number, word));
    }
}
