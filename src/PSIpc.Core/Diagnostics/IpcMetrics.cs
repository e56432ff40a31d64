using System.Diagnostics;
using System.Diagnostics.Metrics;
using PSIpc.Core.Channels;
using PSIpc.Core.Pools;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Diagnostics;

/// <summary>
/// Counts for <c>dotnet-counters</c> and OpenTelemetry: the meter <c>PSIpc</c>. docs/diagnostics.md lists the instruments.
/// </summary>
/// <remarks>
/// Messages and bytes are counted in the shared memory of each channel anyway, for all processes together: the meter reads them there when it is
/// asked, and no send or receive does anything for it. Sleeps, takeovers and tasks are measured only while somebody listens.
/// </remarks>
internal static unsafe class IpcMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "PSIpc";

    private const string KindTag = "psipc.object.kind";
    private const string NameTag = "psipc.object.name";
    private const string PoolTag = "psipc.pool.name";
    private const string OutcomeTag = "psipc.task.outcome";

    private static readonly Meter Meter = new(MeterName, typeof(IpcMetrics).Assembly.GetName().Version?.ToString(3));
    private static readonly Living<RingMemory> Rings = new();
    private static readonly Living<WorkerPool> Pools = new();

    private static readonly Histogram<double> Waits = Meter.CreateHistogram<double>("psipc.wait.duration", "s", "Sleeps in the kernel until a shared object changed.");
    private static readonly Counter<long> Takeovers = Meter.CreateCounter<long>("psipc.lock.takeovers", "{lock}", "Locks taken over from processes that died while they held them.");
    private static readonly Histogram<double> Tasks = Meter.CreateHistogram<double>("psipc.pool.task.duration", "s", "Items of process pools, from their beginning in a worker to their end.");

    static IpcMetrics()
    {
        Meter.CreateObservableCounter("psipc.channel.messages.sent", () => OfRings(r => (long)r.Sent.Snapshot(r.Tail).Count), "{message}", "Messages sent to a channel by all processes since it was made.");
        Meter.CreateObservableCounter("psipc.channel.messages.received", () => OfRings(r => (long)r.Received.Snapshot(r.Head).Count, exceptTopics: true), "{message}", "Messages received from a channel by all processes since it was made.");
        Meter.CreateObservableCounter("psipc.channel.bytes.sent", () => OfRings(BytesSent), "By", "Bytes sent to a channel, headers included, by all processes since it was made.");
        Meter.CreateObservableUpDownCounter("psipc.channel.depth", () => OfRings(r => r.Count, exceptTopics: true), "{message}", "Messages that wait in a channel.");
        Meter.CreateObservableUpDownCounter("psipc.objects.open", OpenObjects, "{object}", "Shared objects that this process has open.");
        Meter.CreateObservableUpDownCounter("psipc.pool.workers", () => OfPools(c => c.Workers), "{process}", "Worker processes of a pool.");
        Meter.CreateObservableUpDownCounter("psipc.pool.items.pending", () => OfPools(c => c.Pending), "{item}", "Items that no worker has begun.");
        Meter.CreateObservableUpDownCounter("psipc.pool.items.running", () => OfPools(c => c.Running), "{item}", "Items that workers are running.");
        Meter.CreateObservableCounter("psipc.pool.items.completed", () => OfPools(c => c.Completed), "{item}", "Items that ended, by an error or not.");
        Meter.CreateObservableCounter("psipc.pool.worker.restarts", () => OfPools(c => c.Restarts), "{process}", "Workers that took the place of others.");
    }

    /// <summary>Whether sleeps are to be measured.</summary>
    public static bool MeasuresWaits => Waits.Enabled;

    /// <summary>Has a ring's counts shown for as long as its handle is there.</summary>
    public static void Watch(RingMemory ring)
    {
        if (ring.Segment.Kind is ObjectKind.Queue or ObjectKind.Topic or ObjectKind.Pipe)
        {
            Rings.Add(ring);
        }
    }

    /// <summary>Has a pool's counts shown for as long as it is there.</summary>
    public static void Watch(WorkerPool pool) => Pools.Add(pool);

    /// <summary>A thread slept.</summary>
    public static void Waited(TimeSpan time) => Waits.Record(time.TotalSeconds);

    /// <summary>A lock was taken over.</summary>
    public static void TookOver() => Takeovers.Add(1);

    /// <summary>An item of a pool ended.</summary>
    /// <param name="pool">The pool's name.</param>
    /// <param name="ticks">How long it ran, on the clock of Stopwatch.</param>
    /// <param name="isFailed">Whether it ended by an error, its worker's death or its time.</param>
    public static void TaskDone(string pool, long ticks, bool isFailed)
    {
        if (Tasks.Enabled)
        {
            Tasks.Record((double)ticks / Stopwatch.Frequency, new(PoolTag, pool), new(OutcomeTag, isFailed ? "failed" : "completed"));
        }
    }

    private static long BytesSent(RingMemory ring)
    {
        LedgerEntry sent = ring.Sent.Snapshot(ring.Tail);
        return (long)(sent.Position + sent.BlockBytes);
    }

    /// <summary>A figure of each channel that is open here, by whichever of its handles; a duplex pipe's two rings together.</summary>
    private static Measurement<long>[] OfRings(Func<RingMemory, long> figure, bool exceptTopics = false) => Rings.All
        .Where(r => !r.IsDetached && !(exceptTopics && r.Segment.Kind == ObjectKind.Topic))
        .GroupBy(r => (r.Segment.Kind, r.Segment.Name, r.Segment.Id))
        .Select(g => new Measurement<long>(
            g.GroupBy(r => r.BlockBase).Sum(ring => figure(ring.First())),
            new(KindTag, g.Key.Kind.ToString()),
            new(NameTag, g.Key.Name)))
        .ToArray();

    private static Measurement<long>[] OpenObjects() => Segment.Open
        .GroupBy(s => s.Kind)
        .Select(g => new Measurement<long>(g.Count(), new KeyValuePair<string, object?>(KindTag, g.Key.ToString())))
        .ToArray();

    private static Measurement<long>[] OfPools(Func<PoolCounts, long> figure) => Pools.All
        .Where(p => !p.IsGone)
        .Select(p => new Measurement<long>(figure(p.Counts), new KeyValuePair<string, object?>(PoolTag, p.Name)))
        .ToArray();
}
