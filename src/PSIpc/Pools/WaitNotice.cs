using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Says in verbose messages why a call of a pool over many machines waits, once a reason.</summary>
internal sealed class WaitNotice(ProcessPool pool, PoolCall call)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long _shownAt = Stopwatch.GetTimestamp();
    private string _last = "";

    /// <summary>Until when to wait at a time.</summary>
    public Deadline NextLook(Deadline end) => call.IsOver ? end : end.OrEarlier(Deadline.After(Interval));

    /// <summary>Writes the reason, where there is a new one.</summary>
    public void Show(Cmdlet cmdlet)
    {
        if (Stopwatch.GetElapsedTime(_shownAt) < Interval || call.IsOver)
        {
            return;
        }

        _shownAt = Stopwatch.GetTimestamp();
        string reason = pool.WaitReason;
        if (reason.Length > 0 && reason != _last)
        {
            cmdlet.WriteVerbose(reason);
        }

        _last = reason;
    }
}
