using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A point that a number of participants reach together. One that dies breaks it for all.</summary>
public sealed class IpcBarrier : IpcSharedObject
{
    private readonly SharedBarrier _barrier;

    internal IpcBarrier(SharedBarrier shared)
        : base(shared, ObjectKind.Barrier) => _barrier = shared;

    /// <summary>The number of participants: so many waits are released together.</summary>
    public int ParticipantCount => _barrier.ParticipantCount;

    /// <summary>How many are waiting now.</summary>
    public int WaitingCount => _barrier.WaitingCount;

    /// <summary>How often all have gone on.</summary>
    public long CurrentPhase => _barrier.CurrentPhase;

    /// <summary>Whether a participant died: nobody goes on here any more.</summary>
    public bool IsBroken => _barrier.IsBroken;

    internal static NamedObjects<IpcBarrier> Named { get; } = new(ObjectKind.Barrier, "barrier", static name => new IpcBarrier(SharedBarrier.Open(name)));

    /// <summary>Makes a barrier.</summary>
    /// <param name="participantCount">The number of participants: so many waits are released together.</param>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the barrier of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcBarrier Create(int participantCount, string? name = null, bool persistent = false, bool openExisting = false) =>
        new(SharedBarrier.Create(participantCount, name, persistent, openExisting: openExisting));

    /// <summary>Arrives, and waits until all have arrived.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PeerGone"/> when a participant died; <see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Wait() => _barrier.Wait(Deadline.Never);

    /// <summary>Arrives, and waits until all have arrived, for a time; when it is over, this one has not arrived.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <returns>Whether all have arrived in time.</returns>
    /// <exception cref="IpcException">As <see cref="Wait()"/>.</exception>
    public bool Wait(object timeout) => _barrier.Wait(Deadline.After(IpcTimeout.Parse(timeout)));

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _barrier.Remove();

    internal void Wait(Deadline deadline, CancellationToken cancellation)
    {
        if (!_barrier.Wait(deadline, cancellation))
        {
            throw new IpcException(
                IpcErrorKind.Timeout, Messages.BarrierTimedOut.With(ParticipantCount, ShownName, WaitingCount), ShownName);
        }
    }

    internal static IpcBarrier Open(IpcReference reference) => new(SharedBarrier.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
