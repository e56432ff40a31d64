using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Memory;
using PSIpc.Core.Pools;
using PSIpc.Core.Processes;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Segments;

/// <summary>
/// How much is in a shared object, and how much has gone through it, as of a moment. Read from its memory without being attached to it: whoever
/// works with the object does not notice.
/// </summary>
public sealed record ObjectCounts
{
    /// <summary>What is in it. A queue, a pipe, a link: messages not received. A topic: messages that its slowest subscription has yet to receive. A dictionary: entries. A pool: items not begun.
    /// A semaphore: permits that are held; of an unowned one permits that are free. A barrier, a condition: waits that have arrived. Null where there is nothing to count.</summary>
    public long? Depth { get; init; }

    /// <summary>The most that <see cref="Depth"/> can be: permits in all, the most permits of an unowned semaphore, participants, or the most messages; null for no limit but the bytes.</summary>
    public long? Most { get; init; }

    /// <summary>What has gone through since it was made; how fast it grows is the rate. Messages sent, items that a pool ended or a worker began, phases of a barrier. Null where nothing counts it.</summary>
    public long? Passed { get; init; }

    /// <summary>Bytes of the messages in it; null for what is no channel.</summary>
    public long? Bytes { get; init; }

    /// <summary>Bytes of messages that it holds; null for what is no channel.</summary>
    public long? Capacity { get; init; }

    /// <summary>Whether a queue, a topic or a pipe is closed, a barrier broken, a process at its end.</summary>
    public bool IsOver { get; init; }

    /// <summary>Whether permits of a semaphore belong to no process.</summary>
    public bool IsUnowned { get; init; }

    /// <summary>Whether an event is set; null for other kinds.</summary>
    public bool? IsSet { get; init; }

    /// <summary>Subscriptions of a topic; null for other kinds.</summary>
    public int? Subscriptions { get; init; }

    /// <summary>How a pool is doing; null for other kinds.</summary>
    public PoolCounts? Pool { get; init; }

    /// <summary>The pool of a worker; null for other kinds.</summary>
    public string? PoolName { get; init; }

    /// <summary>A worker's resident memory in bytes when it last looked; null for other kinds.</summary>
    public long? Memory { get; init; }

    /// <summary>Elements of an array or a value; null for other kinds.</summary>
    public BlockLayout? Layout { get; init; }

    /// <summary>Bytes of a body that tell it.</summary>
    internal static long BytesToLookAt(ObjectKind kind) => kind switch
    {
        ObjectKind.Pipe => long.MaxValue, // the second ring is behind the first
        ObjectKind.Topic => SharedTopic.RingOffset + RingMemory.ControlSize,
        ObjectKind.Condition => SharedCondition.BodySize,
        ObjectKind.Process => ProcessLink.BodySize,
        ObjectKind.Worker => WorkerLink.BodySize,
        _ => Math.Max(BlockLayout.HeaderSize, SharedBarrier.BodySize),
    };

    /// <summary>Reads the counts of an object; null where there are none, or its file is too short for them.</summary>
    /// <param name="kind">The kind of object.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">Its body.</param>
    /// <param name="mapped">Bytes of the body that can be read.</param>
    /// <param name="size">Bytes of the body.</param>
    /// <param name="participants">Its participants.</param>
    internal static unsafe ObjectCounts? Of(ObjectKind kind, string name, byte* body, long mapped, long size, ParticipantTable participants) => kind switch
    {
        ObjectKind.Queue when mapped >= RingMemory.ControlSize => OfRing(new RingCounts(body, size - RingMemory.ControlSize)),
        ObjectKind.Pipe => SharedPipe.CountsOf(body, mapped),
        ObjectKind.Topic when mapped >= SharedTopic.RingOffset + RingMemory.ControlSize => SharedTopic.CountsOf(body, size, participants),
        ObjectKind.Semaphore when mapped >= SharedSemaphore.BodySize => SharedSemaphore.CountsOf(body, participants),
        ObjectKind.Event when mapped >= SharedEvent.BodySize => SharedEvent.CountsOf(body),
        ObjectKind.Barrier when mapped >= SharedBarrier.BodySize => SharedBarrier.CountsOf(body),
        ObjectKind.Condition when mapped >= SharedCondition.BodySize => SharedCondition.CountsOf(body, participants),
        ObjectKind.Value or ObjectKind.Array when mapped >= BlockLayout.HeaderSize => OfElements(kind, name, body, size),
        ObjectKind.Dictionary when mapped >= SharedDictionaryStore.HeaderSize => SharedDictionaryStore.CountsOf(body),
        ObjectKind.Pool when mapped >= PoolSegment.BodySize => PoolSegment.CountsOf(body),
        ObjectKind.Worker when mapped >= WorkerLink.BodySize => WorkerLink.CountsOf(body),
        ObjectKind.Process when mapped >= ProcessLink.BodySize => ProcessLink.CountsOf(body),
        _ => null,
    };

    /// <summary>What the words of a ring say; with those of another one, the sum.</summary>
    internal static ObjectCounts OfRing(RingCounts ring, RingCounts? other = null)
    {
        RingCounts second = other ?? default;
        return new ObjectCounts
        {
            Depth = ring.Count + second.Count,
            Most = other is null && ring.MaxCount > 0 ? ring.MaxCount : null,
            Passed = ring.Sent + second.Sent,
            Bytes = ring.Bytes + second.Bytes,
            Capacity = ring.Capacity + second.Capacity,
            IsOver = ring.IsClosed,
        };
    }

    private static unsafe ObjectCounts? OfElements(ObjectKind kind, string name, byte* body, long size)
    {
        try
        {
            return new ObjectCounts { Layout = BlockLayout.Read(body, size - BlockLayout.HeaderSize, kind, name) };
        }
        catch (IpcException)
        {
            return null; // damaged
        }
    }
}
