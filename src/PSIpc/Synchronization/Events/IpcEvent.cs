using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Something that has happened or not, which processes wait for.</summary>
public sealed class IpcEvent : IpcSharedObject
{
    private readonly SharedEvent _event;

    internal IpcEvent(SharedEvent shared)
        : base(shared, ObjectKind.Event) => _event = shared;

    /// <summary>Whether it is set.</summary>
    public bool IsSet => _event.IsSet;

    /// <summary>Whether each wait that succeeds resets it, so that one waiter gets each set.</summary>
    public bool IsAutoReset => _event.IsAutoReset;

    internal static NamedObjects<IpcEvent> Named { get; } = new(ObjectKind.Event, "event", static name => new IpcEvent(SharedEvent.Open(name)));

    internal IWaitable Waitable => _event.Waitable;

    /// <summary>Makes an event.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="autoReset">Whether each wait that succeeds resets it.</param>
    /// <param name="isSet">Whether it is set from the beginning.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="openExisting">Whether to open the event of that name where there is one, whatever its options are; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static IpcEvent Create(string? name = null, bool autoReset = false, bool isSet = false, bool persistent = false, bool openExisting = false) =>
        new(SharedEvent.Create(name, autoReset, isSet, persistent, openExisting: openExisting));

    /// <summary>Sets it: all who wait go on, or one of them where it resets itself.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Set() => _event.Set();

    /// <summary>Resets it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Reset() => _event.Reset();

    /// <summary>Waits until it is set.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public void Wait() => _event.Wait(Deadline.Never);

    /// <summary>Waits until it is set, for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <returns>Whether it was set in time.</returns>
    public bool Wait(object timeout) => _event.Wait(Deadline.After(IpcTimeout.Parse(timeout)));

    /// <inheritdoc/>
    public override void Remove(CancellationToken cancellation = default) => _event.Remove();

    internal void Set(CancellationToken cancellation) => _event.Set(cancellation);

    internal void Reset(CancellationToken cancellation) => _event.Reset(cancellation);

    internal bool Wait(Deadline deadline, CancellationToken cancellation) => _event.Wait(deadline, cancellation);

    internal static IpcEvent Open(IpcReference reference) => new(SharedEvent.Open(reference.Name, IpcDirectory.At(reference.Directory)));
}
