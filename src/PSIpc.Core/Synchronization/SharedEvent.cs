using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>Something that has happened or not, which processes wait for.</summary>
/// <remarks>The words (docs/protocol.md, "Event"): a monitor's, then the state, which changes under its lock.</remarks>
public sealed unsafe class SharedEvent : SharedObject
{
    private const string NamePrefix = "event";
    private const int StateOffset = SharedMonitor.Size;
    private const int AutoResetOffset = StateOffset + 64;
    internal const int BodySize = StateOffset + 128;

    private readonly SharedMonitor? _monitor;
    private readonly uint* _state;

    private SharedEvent(Segment segment)
        : base(segment)
    {
        try
        {
            segment.RequireBody(BodySize);
            _state = (uint*)(segment.Body + StateOffset);
            IsAutoReset = segment.Body[AutoResetOffset] == 1;
            _monitor = new SharedMonitor(segment, 0);
            Waitable = new Look(_monitor, _state);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether each wait that succeeds resets it, so that one waiter gets each set.</summary>
    public bool IsAutoReset { get; }

    /// <summary>Whether it is set.</summary>
    public bool IsSet => !IsDisposed && Volatile.Read(ref *_state) != 0;

    /// <summary>What is waited for together with others: that it is set. Such a wait does not reset it.</summary>
    internal IWaitable Waitable { get; } = null!;

    /// <summary>Makes an event.</summary>
    /// <param name="name">Its name, or null for a short unique one.</param>
    /// <param name="autoReset">Whether each wait that succeeds resets it.</param>
    /// <param name="isSet">Whether it is set from the beginning.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <param name="openExisting">Whether to open the event of that name where there is one; processes that do so at the same time get the same one.</param>
    /// <exception cref="IpcException">The name is invalid or taken, or the shared memory is full.</exception>
    public static SharedEvent Create(string? name = null, bool autoReset = false, bool isSet = false, bool persistent = false, IpcDirectory? directory = null, bool openExisting = false) => new(Segment.Create(
        directory ?? IpcDirectory.Default,
        ObjectKind.Event,
        name ?? IpcName.MakeUnique(NamePrefix),
        BodySize,
        persistent,
        segment =>
        {
            SharedMonitor.Initialize(segment.Body);
            *(uint*)(segment.Body + StateOffset) = isSet ? 1u : 0u;
            segment.Body[AutoResetOffset] = autoReset ? (byte)1 : (byte)0;
        },
        openExisting));

    /// <summary>Opens an event that exists.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">The folder; the default one if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, or what is wrong with its file.</exception>
    public static SharedEvent Open(string name, IpcDirectory? directory = null) => new(OpenSegment(ObjectKind.Event, "event", name, directory));

    /// <summary>Sets it: all who wait go on, or one of them where it resets itself.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void Set(CancellationToken cancellation = default) => Store(1, cancellation);

    /// <summary>Resets it: who waits from now on waits for the next set.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public void Reset(CancellationToken cancellation = default) => Store(0, cancellation);

    /// <summary>Waits until it is set; false when the time is up.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when it is removed or disposed.</exception>
    public bool Wait(Deadline deadline, CancellationToken cancellation = default)
    {
        ThrowIfRemoved();
        if (!IsAutoReset && Volatile.Read(ref *_state) != 0)
        {
            return true;
        }

        bool isSet = _monitor!.Wait(TryTake, null, deadline, cancellation);
        GC.KeepAlive(this);
        return isSet;
    }

    /// <summary>Takes the event away from all processes: whoever waits gets <see cref="IpcErrorKind.Closed"/>.</summary>
    public void Remove()
    {
        Segment.Remove();
        _monitor!.WakeAll();
        GC.KeepAlive(this);
    }

    /// <summary>Whether it is set, for whoever looks without being attached.</summary>
    internal static ObjectCounts CountsOf(byte* body) => new() { IsSet = Volatile.Read(ref *(uint*)(body + StateOffset)) != 0 };

    private protected override void Detach(bool disposing) => _monitor?.Detach();

    private void Store(uint state, CancellationToken cancellation)
    {
        ThrowIfRemoved();
        _monitor!.Change(() => Volatile.Write(ref *_state, state), Deadline.Never, cancellation);
        GC.KeepAlive(this);
    }

    private bool TryTake()
    {
        if (*_state == 0)
        {
            return false;
        }

        if (IsAutoReset)
        {
            Volatile.Write(ref *_state, 0);
        }

        return true;
    }

    private sealed class Look(SharedMonitor monitor, uint* state) : IWaitable
    {
        public void CountWaiting(int change) => monitor.CountWaiting(change);

        public bool IsReady(out WaitTarget target)
        {
            target = monitor.Announce();
            return Volatile.Read(ref *state) != 0;
        }
    }
}
