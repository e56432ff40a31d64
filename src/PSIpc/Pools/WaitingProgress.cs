using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Says why the items of a call wait, when they do for longer than a second: workers start, or run items of older calls.</summary>
internal sealed class WaitingProgress(ProcessPool pool, PoolCall call)
{
    private const int Activity = 0x1D;
    private const int MaxCalls = 3;
    private static readonly TimeSpan InitialDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private long _lastLook;
    private string? _shown;

    /// <summary>The older calls that workers of a pool are busy with, in words; null where there are none.</summary>
    public static string? OlderCalls(ProcessPool pool, PoolCall call) =>
        TextOf(pool, [.. pool.Engine.Calls.Where(c => c.Workers > 0 && c.Call.Number < call.Number)]) is { } text
            ? $"Process pool '{pool.Name}': {text}. Its property Calls lists them."
            : null;

    /// <summary>Until when to wait at a time.</summary>
    public Deadline NextLook(Deadline end)
    {
        TimeSpan left = _shown is not null ? Interval : InitialDelay - Stopwatch.GetElapsedTime(_begun);
        return end.OrEarlier(Deadline.After(left > Interval ? left : Interval));
    }

    /// <summary>Shows the reason when it is time, and takes it away when nothing waits; false when there is nothing more to say.</summary>
    public bool Show(Cmdlet cmdlet)
    {
        if (!call.IsOver && (Stopwatch.GetElapsedTime(_begun) < InitialDelay || Stopwatch.GetElapsedTime(_lastLook) < Interval))
        {
            return true;
        }

        _lastLook = Stopwatch.GetTimestamp();
        bool hasStarted = call.IsOver || call.FirstStart > 0 || pool.Engine.HasReadyWorker;
        string? busy = call.IsOver ? null : TextOf(pool, pool.Engine.BlockersOf(call));
        int starting = !hasStarted || busy is not null ? pool.Engine.StartingWorkers : 0;
        string? status = starting == 0 ? busy : $"Starting {starting} worker{(starting == 1 ? "" : "s")}{(busy is null ? "" : $"; {busy}")}";
        if (status is not null)
        {
            _shown = status;
            cmdlet.WriteProgress(Record(status));
        }
        else if (_shown is not null)
        {
            ProgressRecord last = Record(_shown);
            last.RecordType = ProgressRecordType.Completed;
            _shown = null;
            cmdlet.WriteProgress(last);
        }

        return !call.IsOver && (!hasStarted || pool.Engine.MayWait(call));
    }

    private static string? TextOf(ProcessPool pool, IReadOnlyList<CallInfo> calls)
    {
        if (calls.Count == 0)
        {
            return null;
        }

        int workers = calls.Sum(static c => c.Workers);
        string names = string.Join(", ", calls.Take(MaxCalls).Select(static c => NameOf(c.Call)));
        return $"{workers} of {pool.WorkerCount} workers {(workers == 1 ? "is" : "are")} busy with older calls: {names}{(calls.Count > MaxCalls ? ", …" : "")}";
    }

    private static string NameOf(PoolCall call)
    {
        string owner = call.Owner switch
        {
            ProcessPoolTask task => $"{task}",
            Job job => $"job {job.Id}",
            _ => "call",
        };
        return $"{owner} since {ProcessPoolCall.TimeOf(call.BegunAt):T}{(call.IsOver ? ", stopping" : "")} {{{ItemText.Of(ScriptLine.Of(call.Options.Script))}}}";
    }

    private ProgressRecord Record(string status) => new(Activity, $"Process pool {pool.Name}", status);
}
