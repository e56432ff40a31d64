using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A number of permits between processes. What a process held comes back when it is gone, unless permits are unowned.</summary>
public sealed class IpcSemaphore : IpcSharedObject
{
    private readonly SharedSemaphore _semaphore;

    internal IpcSemaphore(SharedSemaphore shared)
        : base(shared, ObjectKind.Semaphore) => _semaphore = shared;

    /// <summary>Permits that are free, those of dead holders among them.</summary>
    public long Count => _semaphore.Count;

    /// <summary>The most permits that there can be.</summary>
    public long Maximum => _semaphore.Maximum;

    /// <summary>Permits that this process holds.</summary>
    public long HeldHere => _semaphore.HeldHere;

    /// <summary>Whether permits belong to no process: what a process took does not come back when it is gone.</summary>
    public bool IsUnowned => _semaphore.IsUnowned;

    internal static NamedObjects<IpcSemaphore> Named { get; } =
        new(ObjectKind.Semaphore, "semaphore", static name => new IpcSemaphore(SharedSemaphore.Open(name)));

    /// <summary>Makes a semaphore.</summary>
    /// <param name="count">The number of permits at the beginning.</param>
    /// <param name="maximum">The most permits that there can be; null for the count, or of an unowned one for no limit but that of an Int32.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the semaphore of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <param name="unowned">Whether permits belong to no process.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcSemaphore Create(int count, int? maximum = null, string? name = null, bool persistent = false, bool openExisting = false, bool unowned = false) =>
        new(SharedSemaphore.Create(count, maximum, name, persistent, openExisting: openExisting, unowned: unowned));

    /// <summary>Takes a permit, waiting for one.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Enter() => _semaphore.Enter(Deadline.Never);

    /// <summary>Takes a permit, waiting for one for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <returns>Whether one was taken in time.</returns>
    /// <exception cref="IpcException">As <see cref="Enter()"/>.</exception>
    public bool Enter(object timeout) => _semaphore.Enter(Deadline.After(IpcTimeout.Parse(timeout)));

    /// <summary>Takes a permit if one is free.</summary>
    /// <returns>Whether one was taken.</returns>
    public bool TryEnter() => _semaphore.Enter(Deadline.Now);

    /// <summary>Gives permits back that this process holds, or adds permits up to the maximum.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/> when there would be more than the maximum.</exception>
    public void Exit(int count = 1) => _semaphore.Exit(count);

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _semaphore.Remove();

    internal void Enter(Deadline deadline, CancellationToken cancellation)
    {
        if (!_semaphore.Enter(deadline, cancellation))
        {
            throw new IpcException(IpcErrorKind.Timeout, Messages.SemaphoreTimedOut.With(ShownName), ShownName);
        }
    }

    internal void Exit(int count, CancellationToken cancellation) => _semaphore.Exit(count, cancellation);

    internal static IpcSemaphore Open(IpcReference reference) => new(SharedSemaphore.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
