using System.Diagnostics.Tracing;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Diagnostics;

/// <summary>
/// What the engine does, step by step, for whoever listens: <c>dotnet-trace</c>, an EventListener, a cmdlet's <c>-Debug</c>. The provider is <c>PSIpc</c>.
/// docs/diagnostics.md lists the events.
/// </summary>
/// <remarks>Nobody listening costs a look at a field. Messages and items are not events: <see cref="IpcMetrics"/> counts them.</remarks>
[EventSource(Name = ProviderName)]
internal sealed class IpcEvents : EventSource
{
    /// <summary>The provider's name.</summary>
    public const string ProviderName = "PSIpc";

    /// <summary>The one source.</summary>
    public static readonly IpcEvents Log = new();

    private IpcEvents()
    {
    }

    /// <summary>An object was made.</summary>
    [NonEvent]
    public void Made(Segment segment)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Objects))
        {
            ObjectMade(segment.Kind.ToString(), segment.Name, (long)segment.Size);
        }
    }

    /// <summary>This process has opened an object that was there.</summary>
    [NonEvent]
    public void Opened(Segment segment)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Objects))
        {
            ObjectOpened(segment.Kind.ToString(), segment.Name);
        }
    }

    /// <summary>This process has let go of an object.</summary>
    [NonEvent]
    public void LetGo(Segment segment, bool isLast)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Objects))
        {
            ObjectLetGo(segment.Kind.ToString(), segment.Name, isLast);
        }
    }

    /// <summary>An object lost its name.</summary>
    [NonEvent]
    public void Removed(Segment segment)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Objects))
        {
            ObjectRemoved(segment.Kind.ToString(), segment.Name);
        }
    }

    [Event(1, Level = EventLevel.Informational, Keywords = Keywords.Objects, Message = "Made {0} '{1}': {2} bytes.")]
    private void ObjectMade(string kind, string name, long bytes) => WriteEvent(1, kind, name, bytes);

    [Event(2, Level = EventLevel.Informational, Keywords = Keywords.Objects, Message = "Opened {0} '{1}'.")]
    private void ObjectOpened(string kind, string name) => WriteEvent(2, kind, name);

    [Event(3, Level = EventLevel.Informational, Keywords = Keywords.Objects, Message = "Let go of {0} '{1}'; the last to do so: {2}.")]
    private void ObjectLetGo(string kind, string name, bool isLast) => WriteEvent(3, kind, name, isLast);

    [Event(4, Level = EventLevel.Informational, Keywords = Keywords.Objects, Message = "Removed {0} '{1}'.")]
    private void ObjectRemoved(string kind, string name) => WriteEvent(4, kind, name);

    /// <summary>A sweep removed a file that dead processes had left behind.</summary>
    [Event(5, Level = EventLevel.Informational, Keywords = Keywords.Deaths, Message = "Swept {0}: all that had it open are dead.")]
    public void Swept(string file) => WriteEvent(5, file);

    /// <summary>A lock was taken over from a dead process.</summary>
    [Event(6, Level = EventLevel.Warning, Keywords = Keywords.Deaths, Message = "Took a lock over from process {0}, which died while it held it.")]
    public void LockTakenOver(int processId) => WriteEvent(6, processId);

    /// <summary>A thread slept in the kernel until something about an object changed, or its time was over.</summary>
    [Event(7, Level = EventLevel.Verbose, Keywords = Keywords.Waits, Message = "Slept {0} ms.")]
    public void Slept(double milliseconds) => WriteEvent(7, milliseconds);

    /// <summary>A pool started a worker process.</summary>
    [Event(8, Level = EventLevel.Informational, Keywords = Keywords.Pools, Message = "Process pool '{0}' started worker {1}: process {2}.")]
    public void WorkerStarted(string pool, int worker, int processId) => WriteEvent(8, pool, worker, processId);

    /// <summary>A worker can take items.</summary>
    [Event(9, Level = EventLevel.Informational, Keywords = Keywords.Pools, Message = "Worker {1} of process pool '{0}' is ready.")]
    public void WorkerReady(string pool, int worker) => WriteEvent(9, pool, worker);

    /// <summary>A worker's process has ended.</summary>
    [Event(10, Level = EventLevel.Informational, Keywords = Keywords.Pools, Message = "Worker {1} of process pool '{0}', process {2}, {3}.")]
    public void WorkerEnded(string pool, int worker, int processId, string what) => WriteEvent(10, pool, worker, processId, what);

    /// <summary>A pool was given a call.</summary>
    [Event(11, Level = EventLevel.Informational, Keywords = Keywords.Pools, Message = "Process pool '{0}' begins call {1}.")]
    public void CallBegun(string pool, long call) => WriteEvent(11, pool, call);

    /// <summary>A call is over: all its items are done, or it was given up.</summary>
    [Event(12, Level = EventLevel.Informational, Keywords = Keywords.Pools, Message = "Call {1} of process pool '{0}' is over.")]
    public void CallOver(string pool, long call) => WriteEvent(12, pool, call);

    /// <summary>What to listen to.</summary>
    public static class Keywords
    {
        /// <summary>Objects made, opened, let go of and removed.</summary>
        public const EventKeywords Objects = (EventKeywords)1;

        /// <summary>What is done about processes that died.</summary>
        public const EventKeywords Deaths = (EventKeywords)2;

        /// <summary>Sleeps in the kernel.</summary>
        public const EventKeywords Waits = (EventKeywords)4;

        /// <summary>Pools, their workers and calls.</summary>
        public const EventKeywords Pools = (EventKeywords)8;
    }
}
