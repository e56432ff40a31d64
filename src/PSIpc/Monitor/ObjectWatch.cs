using System.Diagnostics;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>An object as a monitor sees it.</summary>
/// <param name="Info">What a look told.</param>
/// <param name="Rate">How much went through it in a second since the look before; null where nothing counts it, or there was no look before.</param>
internal sealed record WatchedObject(SharedObjectInfo Info, double? Rate);

/// <summary>What a look saw.</summary>
/// <param name="Directory">The folder of the objects.</param>
/// <param name="At">When it was.</param>
/// <param name="Objects">All objects in the folder.</param>
internal sealed record MonitorFrame(string Directory, DateTime At, IReadOnlyList<WatchedObject> Objects);

/// <summary>Looks at the shared objects of a folder time and again. It only reads: it opens none of them, and takes no lock of any.</summary>
internal sealed class ObjectWatch(IpcDirectory directory)
{
    private Dictionary<Guid, (long Passed, long At)> _before = [];

    /// <summary>Looks once.</summary>
    public MonitorFrame Look()
    {
        var seen = new Dictionary<Guid, (long Passed, long At)>();
        var objects = new List<WatchedObject>();
        foreach (SharedObjectInfo info in directory.Look())
        {
            double? rate = null;
            if (info.Counts?.Passed is { } passed)
            {
                long now = Stopwatch.GetTimestamp();
                rate = _before.TryGetValue(info.Id, out (long Passed, long At) before)
                    ? Math.Max(0, passed - before.Passed) / Math.Max(1e-6, Stopwatch.GetElapsedTime(before.At, now).TotalSeconds)
                    : null;
                seen[info.Id] = (passed, now);
            }

            objects.Add(new WatchedObject(info, rate));
        }

        _before = seen;
        return new MonitorFrame(directory.FullPath, DateTime.Now, objects);
    }
}
