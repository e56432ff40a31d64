using System.Diagnostics;
using System.Diagnostics.Tracing;
using PSIpc.Core.Platforms;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Diagnostics;

/// <summary>The system's sleeping and waking, measured while somebody listens.</summary>
internal sealed unsafe class MeasuredWait(IWaitPlatform waits) : IWaitPlatform
{
    public int MostTargets => waits.MostTargets;

    private static bool IsOn => IpcMetrics.MeasuresWaits || IpcEvents.Log.IsEnabled(EventLevel.Verbose, IpcEvents.Keywords.Waits);

    public void Wait(uint* word, uint expected, int milliseconds)
    {
        if (!IsOn)
        {
            waits.Wait(word, expected, milliseconds);
            return;
        }

        long started = Stopwatch.GetTimestamp();
        waits.Wait(word, expected, milliseconds);
        Note(started);
    }

    public void Wake(uint* word, bool all) => waits.Wake(word, all);

    public void WaitAny(ReadOnlySpan<WaitTarget> targets, int milliseconds)
    {
        if (!IsOn)
        {
            waits.WaitAny(targets, milliseconds);
            return;
        }

        long started = Stopwatch.GetTimestamp();
        waits.WaitAny(targets, milliseconds);
        Note(started);
    }

    private static void Note(long started)
    {
        TimeSpan time = Stopwatch.GetElapsedTime(started);
        IpcMetrics.Waited(time);
        IpcEvents.Log.Slept(time.TotalMilliseconds);
    }
}
