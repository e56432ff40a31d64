using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Says that workers start, when that takes longer than a moment, until the first of them can run something.</summary>
internal sealed class StartupProgress(ProcessPool pool, PoolCall call)
{
    private const int Activity = 0x1D;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private bool _isShown;

    /// <summary>Until when to wait at a time.</summary>
    public Deadline NextLook(Deadline end)
    {
        TimeSpan left = _isShown ? Interval : Patience - Stopwatch.GetElapsedTime(_begun);
        return end.OrEarlier(Deadline.After(left > Interval ? left : Interval));
    }

    /// <summary>Shows it when it is time, and takes it away when a worker is ready; false when there is nothing more to say.</summary>
    public bool Show(Cmdlet cmdlet)
    {
        if (!_isShown && Stopwatch.GetElapsedTime(_begun) < Patience)
        {
            return true;
        }

        bool isOver = call.FirstStart > 0 || call.IsOver || pool.Engine.HasReadyWorker;
        int starting = isOver ? 0 : pool.Engine.StartingWorkers;
        if (starting > 0)
        {
            _isShown = true;
            cmdlet.WriteProgress(Record(starting));
        }
        else if (_isShown)
        {
            _isShown = false;
            ProgressRecord last = Record(0);
            last.RecordType = ProgressRecordType.Completed;
            cmdlet.WriteProgress(last);
        }

        return !isOver;
    }

    private ProgressRecord Record(int starting) => new(Activity, $"Process pool {pool.Name}", starting == 1 ? "Starting 1 worker" : $"Starting {starting} workers");
}
