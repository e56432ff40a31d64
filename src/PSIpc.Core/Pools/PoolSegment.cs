using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>
/// What a pool shares with all its workers: the doorbell that they ring when they have said something, and counts for people to look at.
/// </summary>
/// <remarks>
/// Body: the doorbell's count (8 bytes, grows with each ring, any worker), at 64 the event count that the pool's thread sleeps on, at 128 the counts,
/// written by the pool. A worker first puts its message into its ring, then rings: the pool's thread announces itself, looks at all rings, then
/// sleeps, so it misses none. A worker killed between the two is found by its death.
/// </remarks>
internal sealed unsafe class PoolSegment : SharedObject
{
    private const int DoorbellOffset = 0;
    private const int EventOffset = 64;
    private const int CountsOffset = 128;
    internal const int BodySize = 256;

    private readonly byte* _body;

    private PoolSegment(Segment segment)
        : base(segment)
    {
        segment.RequireBody(BodySize);
        _body = segment.Body;
        Event = new EventCount((uint*)(_body + EventOffset));
    }

    /// <summary>What the pool's thread sleeps on.</summary>
    public EventCount Event { get; }

    /// <summary>Grows with each ring.</summary>
    public ulong* Rings => (ulong*)(_body + DoorbellOffset);

    /// <summary>The counts, for whoever looks: see <see cref="PoolCounts"/>.</summary>
    public PoolCounts Counts
    {
        get => *(PoolCounts*)(_body + CountsOffset);
        set => *(PoolCounts*)(_body + CountsOffset) = value;
    }

    /// <summary>How a pool is doing, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body)
    {
        PoolCounts counts = *(PoolCounts*)(body + CountsOffset);
        return new ObjectCounts { Depth = counts.Pending, Passed = counts.Completed, Pool = counts };
    }

    /// <summary>Makes the segment of a pool.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.OutOfMemory"/>.</exception>
    public static PoolSegment Create(string name, IpcDirectory? directory = null) => new(Segment.Create(
        directory ?? IpcDirectory.Default,
        ObjectKind.Pool,
        name,
        BodySize,
        persistent: false,
        segment => *(uint*)(segment.Body + EventOffset) = EventCount.FirstSignal));

    /// <summary>Opens the segment of a pool.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static PoolSegment Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Pool, "process pool", name, directory));

    /// <summary>Tells the pool's thread that there is something to look at.</summary>
    public void Ring()
    {
        Interlocked.Increment(ref *Rings);
        Event.WakeSleepers();
        GC.KeepAlive(this);
    }

    private protected override void Detach(bool disposing) => Event.WakeAll();
}

/// <summary>How a pool is doing, as of some recent moment.</summary>
/// <param name="Workers">Worker processes that live.</param>
/// <param name="Busy">Workers that have items.</param>
/// <param name="Pending">Items that no worker has begun.</param>
/// <param name="Running">Items that workers are running.</param>
/// <param name="Completed">Items that ended, by an error or not.</param>
/// <param name="Failed">Items that ended by an error, by the death of their worker, or by their time limit.</param>
/// <param name="Restarts">Workers that took the place of others.</param>
public readonly record struct PoolCounts(long Workers, long Busy, long Pending, long Running, long Completed, long Failed, long Restarts);
