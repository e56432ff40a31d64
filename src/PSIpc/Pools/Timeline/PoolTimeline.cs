using System.Diagnostics;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>What the workers of a pool did over some time: their tasks, and how much of the time they were at them.</summary>
internal sealed class PoolTimeline
{
    private static readonly double MicrosecondsPerTick = 1e6 / Stopwatch.Frequency;

    /// <summary>A timeline of recorded tasks, of which there must be one at least.</summary>
    /// <param name="pool">The pool's name.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="dropped">How many were not kept.</param>
    public PoolTimeline(string pool, RecordedTask[] tasks, long dropped)
    {
        Pool = pool;
        Dropped = dropped;
        Array.Sort(tasks, static (a, b) => a.StartedAt != b.StartedAt ? a.StartedAt.CompareTo(b.StartedAt) : a.Worker.CompareTo(b.Worker));
        Tasks = tasks;
        Begin = tasks[0].StartedAt;
        StartTime = DateTimeOffset.Now - Stopwatch.GetElapsedTime(Begin);
        Span = Math.Max(1, tasks.Max(t => t.EndedAt) - Begin);
        Workers = [.. tasks.GroupBy(t => t.Worker).OrderBy(g => g.Key).Select(g => new TimelineWorker(
            g.Key,
            g.First().ProcessId,
            g.LongCount(),
            g.LongCount(t => t.Outcome != TaskOutcome.Completed),
            g.Sum(t => t.Elapsed),
            g.Sum(t => t.Elapsed) / (double)Span))];
        Utilization = Workers.Sum(w => w.Utilization) / MostAtOnce(tasks);
    }

    /// <summary>The pool's name.</summary>
    public string Pool { get; }

    /// <summary>The tasks by the time when they began.</summary>
    public RecordedTask[] Tasks { get; }

    /// <summary>Tasks that were not kept.</summary>
    public long Dropped { get; }

    /// <summary>When the first task began, on the clock of Stopwatch.</summary>
    public long Begin { get; }

    /// <summary>When the first task began.</summary>
    public DateTimeOffset StartTime { get; }

    /// <summary>From the beginning of the first task to the end of the last, in ticks of Stopwatch; at least 1.</summary>
    public long Span { get; }

    /// <summary>The workers that had tasks, by their numbers.</summary>
    public IReadOnlyList<TimelineWorker> Workers { get; }

    /// <summary>The part of the time in which as many workers as there were at once were at tasks: one that took the place of another is not one more.</summary>
    public double Utilization { get; }

    /// <summary>The tasks that took longest.</summary>
    public IEnumerable<RecordedTask> Longest(int count)
    {
        var longest = new PriorityQueue<RecordedTask, long>(count + 1);
        foreach (RecordedTask task in Tasks)
        {
            longest.Enqueue(task, task.Elapsed);
            if (longest.Count > count)
            {
                longest.Dequeue();
            }
        }

        return longest.UnorderedItems.OrderByDescending(t => t.Priority).ThenBy(t => t.Element.StartedAt).Select(t => t.Element);
    }

    /// <summary>A time on the clock of Stopwatch in microseconds from the beginning, to a tenth.</summary>
    public double MicrosecondsAt(long timestamp) => Microseconds(timestamp - Begin);

    /// <summary>Ticks of Stopwatch in microseconds, to a tenth.</summary>
    public static double Microseconds(long ticks) => Math.Round(ticks * MicrosecondsPerTick, 1);

    /// <summary>The most workers that were between their first and their last task at the same time.</summary>
    private static int MostAtOnce(RecordedTask[] tasks)
    {
        var changes = new List<(long At, int Change)>();
        foreach (IGrouping<int, RecordedTask> worker in tasks.GroupBy(t => t.Worker))
        {
            changes.Add((worker.Min(t => t.StartedAt), 1));
            changes.Add((worker.Max(t => t.EndedAt), -1));
        }

        int now = 0;
        int most = 1;
        foreach ((_, int change) in changes.OrderBy(c => c.At).ThenBy(c => c.Change))
        {
            now += change;
            most = Math.Max(most, now);
        }

        return most;
    }

    /// <summary>How a task is called: by its number from 1, or as what comes at the end.</summary>
    public static string NameOf(in RecordedTask task) => task.Item < 0 ? "end" : FormattableString.Invariant($"item {task.Item + 1}");
}

/// <summary>What a worker did in all.</summary>
/// <param name="Number">Its number in the pool.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="NotCompleted">Those that did not end by themselves.</param>
/// <param name="Busy">How long it was at them, in ticks of Stopwatch.</param>
/// <param name="Utilization">The part of the whole time.</param>
internal sealed record TimelineWorker(int Number, int ProcessId, long Tasks, long NotCompleted, long Busy, double Utilization);
