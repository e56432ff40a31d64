using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>A call of a process pool that has not ended, as it was when it was looked at: of Invoke-ProcessPool, of a job, or of a task.</summary>
public sealed class ProcessPoolCall
{
    private readonly PoolCall _call;

    internal ProcessPoolCall(CallInfo info)
    {
        _call = info.Call;
        Workers = info.Workers;
        StartTime = TimeOf(_call.BegunAt);
        Completed = _call.Done;
        Total = _call.Submitted;
        IsStopping = _call.IsOver;
    }

    /// <summary>Its number in the pool, from 1.</summary>
    public long Number => _call.Number;

    /// <summary>What it runs.</summary>
    public string Script => _call.Options.Script;

    /// <summary>When it began, in local time.</summary>
    public DateTime StartTime { get; }

    /// <summary>Workers that run an item of it.</summary>
    public int Workers { get; }

    /// <summary>Items that have ended.</summary>
    public long Completed { get; }

    /// <summary>Items that have come.</summary>
    public long Total { get; }

    /// <summary>Whether it was stopped, and items of it still run until they end or their grace period is over.</summary>
    public bool IsStopping { get; }

    /// <summary>The task that Start-ProcessPoolTask returned, or the job of Invoke-ProcessPool -AsJob; null for a call that its caller waits for.</summary>
    public object? Owner => _call.Owner;

    /// <summary>Stops it, as Stop-Job and Stop-ProcessPoolTask do: its items are stopped, and workers that do not stop are killed after the grace period.</summary>
    public void Stop() => _call.Cancel();

    /// <summary>The owner, or the number.</summary>
    public override string ToString() => Owner switch
    {
        ProcessPoolTask task => task.ToString(),
        Job job => job.Name,
        _ => $"call {Number}",
    };

    /// <summary>A time on the clock of Stopwatch, in local time.</summary>
    internal static DateTime TimeOf(long timestamp) => DateTime.Now - Stopwatch.GetElapsedTime(timestamp);
}
