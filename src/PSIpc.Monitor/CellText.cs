using System.Globalization;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Pools;
using PSIpc.Core.Segments;

namespace PSIpc.Monitor;

/// <summary>What the cells of an object's row say.</summary>
internal static class CellText
{
    private static CultureInfo Culture => CultureInfo.CurrentCulture;

    /// <summary>A number of things, in millions or billions from a million on; nothing where they are not counted.</summary>
    public static string OfNumber(double? number) => number switch
    {
        null => "",
        >= 1e9 => $"{(number.Value / 1e9).ToString("0.##", Culture)} G",
        >= 1e6 => $"{(number.Value / 1e6).ToString("0.##", Culture)} M",
        _ => number.Value.ToString("N0", Culture),
    };

    /// <summary>How much in a second: with a place behind the point where it is little.</summary>
    public static string OfRate(double? rate) => rate is > 0 and < 10 and var little ? little.ToString("N1", Culture) : OfNumber(rate);

    /// <summary>Processes by their ids, as many as fit, and how many more there are.</summary>
    public static string OfProcesses(IReadOnlyList<int> processes, int width)
    {
        string text = "";
        for (int i = 0; i < processes.Count; i++)
        {
            string longer = i == 0 ? $"{processes[0]}" : $"{text} {processes[i]}";
            string rest = processes.Count - i - 1 is > 0 and var more ? $" +{more}" : "";
            if (longer.Length + rest.Length > width)
            {
                return i == 0 ? $"{processes.Count}" : $"{text} +{processes.Count - i}";
            }

            text = longer;
        }

        return text;
    }

    /// <summary>How long ago: minutes and seconds, hours, or days.</summary>
    public static string OfAge(TimeSpan age) => age.TotalDays >= 1 ? $"{(int)age.TotalDays} d {age.Hours} h"
        : age.TotalHours >= 1 ? $"{(int)age.TotalHours}:{age.Minutes:00}:{age.Seconds:00}"
        : $"{Math.Max(0, age.Minutes)}:{Math.Max(0, age.Seconds):00}";

    /// <summary>How an object is, by its kind.</summary>
    public static string OfState(SharedObjectInfo info)
    {
        ObjectCounts counts = info.Counts ?? new ObjectCounts();
        string state = info.Kind switch
        {
            ObjectKind.Queue => Filled(counts),
            ObjectKind.Pipe => Filled(counts),
            ObjectKind.Topic => $"{Of(counts.Subscriptions ?? 0, "subscription")}",
            ObjectKind.Lock => info.HolderProcesses.Length > 0 ? "held" : "free",
            ObjectKind.Semaphore when counts.IsUnowned => $"{OfNumber(counts.Depth)} there",
            ObjectKind.Semaphore => $"{OfNumber(Math.Max(0, (counts.Most ?? 0) - (counts.Depth ?? 0)))} of {OfNumber(counts.Most)} free",
            ObjectKind.Event => counts.IsSet == true ? "set" : "not set",
            ObjectKind.Barrier => counts.IsOver ? "broken" : $"{OfNumber(counts.Depth)} of {OfNumber(counts.Most)} here",
            ObjectKind.Condition => info.HolderProcesses.Length > 0 ? "lock held" : "",
            ObjectKind.Value or ObjectKind.Array => counts.Layout is { } layout ? OfLayout(layout) : "",
            ObjectKind.Pool => counts.Pool is { } pool ? OfPool(pool) : "",
            ObjectKind.Worker => $"of {counts.PoolName}{(counts.Memory > 0 ? $", {ReadableSize.Of(counts.Memory.Value)}" : "")}",
            ObjectKind.Process => counts.IsOver ? "exited" : "runs",
            _ => "",
        };
        bool isClosed = counts.IsOver && info.Kind is ObjectKind.Queue or ObjectKind.Topic or ObjectKind.Pipe;
        return info.IsOrphaned ? info.IsPersistent ? Join("orphaned", state) : "left behind" : isClosed ? Join("closed", state) : state;
    }

    /// <summary>The part of a channel that is full, from 0; null for what is no channel.</summary>
    public static double? FullOf(SharedObjectInfo info) => info.Counts is { Capacity: > 0 and var capacity, Bytes: { } bytes } ? (double)bytes / capacity : null;

    private static string Filled(ObjectCounts counts) => counts.Capacity is > 0 and var capacity
        ? string.Create(Culture, $"{100.0 * (counts.Bytes ?? 0) / capacity:0.#} % of {ReadableSize.Of(capacity)}")
        : "";

    private static string OfPool(PoolCounts pool) => $"{pool.Busy} of {pool.Workers} busy"
        + (pool.Running > 0 ? $", {OfNumber(pool.Running)} running" : "")
        + (pool.Failed > 0 ? $", {OfNumber(pool.Failed)} failed" : "")
        + (pool.Restarts > 0 ? $", {Of(pool.Restarts, "restart")}" : "");

    private static string OfLayout(BlockLayout layout) => $"{layout.Element}{(layout.Shape is [1] ? "" : $" {string.Join(" x ", layout.Shape.Select(d => d.ToString(Culture)))}")}";

    private static string Of(long count, string what) => $"{OfNumber(count)} {what}{(count == 1 ? "" : "s")}";

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first}, {second}";
}
