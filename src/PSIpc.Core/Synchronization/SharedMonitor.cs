using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Synchronization;

/// <summary>State in shared memory that changes under a robust lock, and waits for it to change.</summary>
/// <remarks>
/// A change: take the lock, wake who sleeps, store, let go of the lock (a full fence), wake who began to sleep meanwhile. A waiter announces itself before it takes the
/// lock for its look. So any change after its look finds it announced with the first wake, before anything is stored: it looks again, and waits for the lock until the
/// changer is through or dead. Wherever a changer is killed, nobody sleeps on a change that was made. Each change is one store, so a dead owner leaves nothing half done.
/// </remarks>
internal sealed unsafe class SharedMonitor
{
    /// <summary>Bytes of its words: the lock, and 128 bytes on the event count.</summary>
    public const int Size = 256;

    private const int EventOffset = 128;
    private const int StackSize = 128 << 10;

    private readonly Segment _segment;
    private readonly RobustLock _lock;
    private readonly EventCount _event;
    private volatile bool _detached;

    /// <summary>Finds the words.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>: nobody could wait for them.</exception>
    public SharedMonitor(Segment segment, long offset)
    {
        _segment = segment;
        byte* words = segment.Body + offset;
        _lock = new RobustLock((uint*)words, segment.Participants, segment.Participant);
        _event = new EventCount((uint*)(words + EventOffset));
        if ((Volatile.Read(ref *(uint*)(words + EventOffset)) & 1) == 0)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.SignalDamaged.With(segment.Kind, segment.Name), segment.Name);
        }
    }

    /// <summary>Whether the object was removed, or this handle let go of it.</summary>
    private bool IsGone => _detached || _segment.IsRemoved;

    /// <summary>Fills the words of a new one; the memory is zero.</summary>
    public static void Initialize(byte* words) => *(uint*)(words + EventOffset) = EventCount.FirstSignal;

    /// <summary>Changes the state and wakes all who wait; false when a stopped process kept the lock until the time was up.</summary>
    /// <param name="change">Changes it.</param>
    /// <param name="deadline">Until when to wait for the lock.</param>
    /// <param name="cancellation">Ends that wait.</param>
    public bool Change(Action change, Deadline deadline, CancellationToken cancellation) => Change(change, deadline, evenDetached: false, cancellation);

    /// <summary>
    /// Takes back what a wait left that is over, though its handle was disposed; false when a stopped process has the lock: then that is done as soon as it goes on. So neither a
    /// time that is over nor Ctrl+C waits for a stopped process.
    /// </summary>
    /// <param name="change">Takes it back; is told whether it is that late.</param>
    public bool TakeBack(Action<bool> change)
    {
        if (Change(() => change(false), Deadline.After(TimeSpan.FromMilliseconds(RingMemory.LockMilliseconds)), evenDetached: true, default))
        {
            return true;
        }

        new Thread(() => TakeBackLater(() => change(true)), StackSize) { IsBackground = true, Name = "PSIpc take back" }.Start();
        return false;
    }

    /// <summary>Waits until a look under the lock succeeds; false when the time is up.</summary>
    /// <param name="look">Looks, and takes what there is to take by one store.</param>
    /// <param name="beforeSleep">What else to do before each sleep, after the look; null for nothing.</param>
    /// <param name="deadline">Until when.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the object is removed.</exception>
    public bool Wait(Func<bool> look, Action? beforeSleep, Deadline deadline, CancellationToken cancellation)
    {
        bool announced = false;
        while (true)
        {
            uint seen = announced ? _event.Prepare() : 0;
            if (_lock.Enter(deadline.ButNotBefore(RingMemory.LockMilliseconds), cancellation) == LockEntry.TimedOut)
            {
                return false;
            }

            bool isDone;
            try
            {
                ThrowIfGone();
                isDone = look();
            }
            finally
            {
                _lock.Exit();
            }

            ThrowIfRetired();
            if (isDone || deadline.IsOver)
            {
                return isDone;
            }

            if (announced)
            {
                beforeSleep?.Invoke();
                using WaiterMark mark = new(_segment);
                _event.Sleep(seen, guarded: false, deadline, cancellation);
            }

            announced = true;
        }
    }

    /// <summary>What to sleep on, before a look that is no more than a read.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the object is removed: nobody would wake the sleeper.</exception>
    public WaitTarget Announce()
    {
        WaitTarget target = _event.Target(_event.Prepare(), _lock.IsHeld);
        ThrowIfGone();
        return target;
    }

    /// <summary>Counts a thread among those that wait, or no more, for people.</summary>
    public void CountWaiting(int change) => _segment.Participants.CountWaiting(_segment.Participant, change);

    /// <summary>Wakes all who wait, so that they look again.</summary>
    public void WakeAll() => _event.WakeAll();

    /// <summary>Ends the waits of this handle.</summary>
    public void Detach()
    {
        _detached = true;
        _event.WakeAll();
    }

    private bool Change(Action change, Deadline deadline, bool evenDetached, CancellationToken cancellation)
    {
        if (_lock.Enter(deadline, cancellation) == LockEntry.TimedOut)
        {
            return false;
        }

        try
        {
            _event.WakeSleepers();
            if (!evenDetached || _segment.IsRemoved)
            {
                ThrowIfGone();
            }

            change();
        }
        finally
        {
            _lock.Exit();
        }

        ThrowIfRetired();
        _event.WakeSleepers();
        return true;
    }

    private void TakeBackLater(Action change)
    {
        try
        {
            Change(change, Deadline.Never, evenDetached: true, default);
        }
        catch (IpcException)
        {
            // It was removed, or this process has left it: nothing is left to take back.
        }
    }

    /// <summary>What was looked at or changed may have been the zeros of memory that was given back meanwhile.</summary>
    private void ThrowIfRetired()
    {
        if (_segment.IsRetired)
        {
            ThrowIfGone();
        }
    }

    private void ThrowIfGone()
    {
        if (IsGone)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.ObjectRemovedOrDisposed.With(_segment.Kind, _segment.Name), _segment.Name);
        }
    }
}
