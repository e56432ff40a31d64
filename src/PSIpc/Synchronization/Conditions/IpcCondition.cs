using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A condition variable: who holds its lock lets go of it, waits to be told that something has changed, and holds it again.</summary>
public sealed class IpcCondition : IpcSharedObject, ILockOwner
{
    private readonly SharedCondition _condition;

    internal IpcCondition(SharedCondition shared)
        : base(shared, ObjectKind.Condition)
    {
        _condition = shared;
        Lock = IpcLock.PartOf(shared.Lock, ObjectKind.Condition, this);
    }

    /// <summary>Its lock, which Use-IpcLock takes too. Who changes what others wait for holds it meanwhile.</summary>
    public IpcLock Lock { get; }

    /// <summary>How many wait.</summary>
    public int WaitingCount => _condition.WaitingCount;

    internal static NamedObjects<IpcCondition> Named { get; } =
        new(ObjectKind.Condition, "condition", static name => new IpcCondition(SharedCondition.Open(name)));

    /// <summary>Makes a condition.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the condition of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcCondition Create(string? name = null, bool persistent = false, bool openExisting = false) =>
        new(SharedCondition.Create(name, persistent, openExisting: openExisting));

    /// <summary>Lets go of the lock, waits until woken, and takes the lock again.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> without the lock; <see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Wait() => _condition.Wait(Deadline.Never);

    /// <summary>Lets go of the lock, waits until woken or for a time, and takes the lock again.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <returns>Whether it was woken in time.</returns>
    /// <exception cref="IpcException">As <see cref="Wait()"/>.</exception>
    public bool Wait(object timeout) => _condition.Wait(Deadline.After(IpcTimeout.Parse(timeout)));

    /// <summary>Wakes the one that has waited longest. Takes the lock for it, if this object does not hold it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void Set() => _condition.Set();

    /// <summary>Wakes all.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void SetAll() => _condition.Set(all: true);

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _condition.Remove();

    internal void Set(bool all, CancellationToken cancellation) => _condition.Set(all, cancellation);

    internal bool Wait(Deadline deadline, CancellationToken cancellation) => _condition.Wait(deadline, cancellation);

    internal static IpcCondition Open(IpcReference reference) => new(SharedCondition.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
