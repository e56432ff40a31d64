using PSIpc.Core.Leases;

namespace PSIpc.Core.Synchronization;

/// <summary>Who holds an object's lock, or permits of a semaphore; for people.</summary>
internal static unsafe class Holders
{
    /// <summary>Bytes of a body that tell it.</summary>
    public const int BytesToLookAt = SharedSemaphore.BodySize;

    /// <summary>The process ids of the living ones.</summary>
    /// <param name="kind">The kind of object.</param>
    /// <param name="body">Its body.</param>
    /// <param name="size">Bytes of it that can be read.</param>
    /// <param name="participants">Its participants.</param>
    public static List<int> Of(ObjectKind kind, byte* body, long size, ParticipantTable participants) => kind switch
    {
        ObjectKind.Semaphore when size >= SharedSemaphore.BodySize => SharedSemaphore.HoldersOf(body, participants),
        ObjectKind.Lock or ObjectKind.Condition or ObjectKind.Value or ObjectKind.Array or ObjectKind.Memory or ObjectKind.Dictionary when size >= SharedLock.Size =>
            Living([Volatile.Read(ref *(uint*)body) & RobustLock.OwnerMask], participants),
        _ => [],
    };

    /// <summary>The process ids of the living ones among participants.</summary>
    public static List<int> Living(IEnumerable<uint> holders, ParticipantTable participants) =>
        holders.Where(h => h != 0 && participants.IsAlive(h)).Select(h => participants.ProcessIdOf(h)).ToList();
}
