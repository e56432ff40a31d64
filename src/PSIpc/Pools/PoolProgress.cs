using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Says how far a call is, some times a second: objects done, how many a second, the time left, workers busy.</summary>
internal sealed class PoolProgress(ProcessPool pool, PoolCall call)
{
    private const int Activity = 0x1C;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown;

    /// <summary>Until when to wait at a time.</summary>
    public static Deadline NextLook(Deadline end) => end.Milliseconds(1000) < Interval.TotalMilliseconds ? end : Deadline.After(Interval);

    /// <summary>Shows it, unless it was shown just now.</summary>
    public void Show(Cmdlet cmdlet)
    {
        if (_shown == 0 || Stopwatch.GetElapsedTime(_shown) > Interval)
        {
            _shown = Stopwatch.GetTimestamp();
            cmdlet.WriteProgress(Record());
        }
    }

    /// <summary>Takes it away.</summary>
    public void End(Cmdlet cmdlet)
    {
        ProgressRecord record = Record();
        record.RecordType = ProgressRecordType.Completed;
        cmdlet.WriteProgress(record);
    }

    /// <summary>How far it is now.</summary>
    public ProgressRecord Record()
    {
        long done = call.Done;
        long all = call.Submitted;
        double seconds = Math.Max(0.001, Stopwatch.GetElapsedTime(_started).TotalSeconds);
        double rate = done / seconds;
        PoolCounts counts = pool.Engine.Counts;
        string status = string.Create(
            CultureInfo.CurrentCulture,
            $"{done:N0} of {all:N0}{(call.IsInputEnded ? "" : " so far")}, {(rate >= 10 ? $"{rate:N0}" : $"{rate:N1}")}/s, {counts.Busy} of {counts.Workers} workers busy{(call.Failed > 0 ? $", {call.Failed:N0} failed" : "")}");
        return new ProgressRecord(Activity, $"Process pool {pool.Name}", status)
        {
            PercentComplete = call.IsInputEnded && all > 0 ? (int)(100 * done / all) : -1,
            SecondsRemaining = call.IsInputEnded && done > 0 ? (int)Math.Min(int.MaxValue, (all - done) / rate) : -1,
        };
    }
}
