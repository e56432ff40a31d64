using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A lock between processes. The object holds it, not a thread. What a dead process held is taken over, with <see cref="Abandoned"/> true.</summary>
public sealed class IpcLock : IpcSharedObject
{
    private readonly SharedLock _lock;
    private readonly IIpcObject? _owner;

    internal IpcLock(SharedLock shared, ObjectKind kind = ObjectKind.Lock, IIpcObject? owner = null)
        : base(shared, kind)
    {
        _lock = shared;
        _owner = owner;
    }

    /// <summary>Whether an object that holds it can take it again.</summary>
    public bool IsRecursive => _lock.IsRecursive;

    /// <summary>Whether this object holds it.</summary>
    public bool IsHeldHere => _lock.IsHeldHere;

    /// <summary>Whether any living process holds it.</summary>
    public bool IsHeld => _lock.IsHeld;

    /// <summary>The process that holds it; 0 for none.</summary>
    public int OwnerProcessId => _lock.OwnerProcessId;

    /// <summary>Whether the one who held it before this object died with it: what it guards may be half done.</summary>
    public bool Abandoned => _lock.Abandoned;

    /// <inheritdoc/>
    public override IpcReference Reference => _lock.IsPart ? base.Reference with { Part = IpcReference.LockPart } : base.Reference;

    internal static NamedObjects<IpcLock> Named { get; } = new(ObjectKind.Lock, "lock", static name => new IpcLock(SharedLock.Open(name)));

    /// <summary>Makes a lock.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="recursive">Whether an object that holds it can take it again.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the lock of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcLock Create(string? name = null, bool recursive = false, bool persistent = false, bool openExisting = false) =>
        new(SharedLock.Create(name, recursive, persistent, openExisting: openExisting));

    /// <summary>Takes the lock, waiting for it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Enter() => _lock.Enter(Deadline.Never);

    /// <summary>Takes the lock, waiting for it for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <returns>Whether it was taken in time. What it guards is not this object's when it was not.</returns>
    /// <exception cref="IpcException">As <see cref="Enter()"/>.</exception>
    public bool Enter(object timeout) => _lock.Enter(Deadline.After(IpcTimeout.Parse(timeout)));

    /// <summary>Takes the lock if nobody holds it.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool TryEnter() => _lock.Enter(Deadline.Now);

    /// <summary>Lets go of the lock.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when this object does not hold it.</exception>
    public void Exit() => _lock.Exit();

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _lock.Remove();

    internal void Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (!_lock.Enter(deadline, cancellation))
        {
            int owner = OwnerProcessId;
            throw new IpcException(IpcErrorKind.Timeout, Messages.LockTimedOut.With(ShownName, owner == 0 ? "" : Messages.HeldByProcess.With(owner)), ShownName);
        }
    }

    /// <summary>The lock of an object of another kind.</summary>
    internal static IpcLock PartOf(SharedLock shared, ObjectKind kind, IIpcObject owner) => new(shared, kind, owner);

    private protected override IIpcObject Owner => _owner ?? this;

    internal static IpcLock Open(IpcReference reference) => new(SharedLock.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
