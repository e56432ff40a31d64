namespace PSIpc.Core.Leases;

/// <summary>Who wants to know of the death of a process.</summary>
internal interface IDeathListener
{
    /// <summary>The process behind the lease is dead. Comes on a thread of the watch, once for each watch; must not wait for anything, nor throw.</summary>
    void OnDeath(Guid lease);
}

/// <summary>
/// Tells of the death of other processes: one thread for each process that somebody here waits for, asleep in the kernel on its lease.
/// </summary>
/// <remarks>
/// A listener that registers is told if the process dies afterwards, or was dead already. Listeners are held weakly: one that is collected
/// is forgotten. The thread of a watch ends with the process that it watches, or with this one.
/// </remarks>
internal sealed class DeathWatch
{
    private const int StackSize = 128 << 10;
    private const int RetryMilliseconds = 1000;

    private static readonly Dictionary<(string Directory, Guid Lease), DeathWatch> Watches = [];

    private readonly string _directory;
    private readonly Guid _lease;
    private readonly List<WeakReference<IDeathListener>> _listeners = [];

    private DeathWatch(string directory, Guid lease)
    {
        _directory = directory;
        _lease = lease;
    }

    /// <summary>Has a listener told of the death of the process behind a lease.</summary>
    public static void Register(string directory, Guid lease, IDeathListener listener)
    {
        lock (Watches)
        {
            if (!Watches.TryGetValue((directory, lease), out DeathWatch? watch))
            {
                watch = new DeathWatch(directory, lease);
                new Thread(watch.Run, StackSize) { IsBackground = true, Name = "PSIpc death watch" }.Start();
                Watches[(directory, lease)] = watch;
            }

            watch.Add(listener);
        }
    }

    private void Add(IDeathListener listener)
    {
        for (int i = _listeners.Count - 1; i >= 0; i--)
        {
            if (!_listeners[i].TryGetTarget(out IDeathListener? other))
            {
                _listeners.RemoveAt(i);
            }
            else if (ReferenceEquals(other, listener))
            {
                return;
            }
        }

        _listeners.Add(new WeakReference<IDeathListener>(listener));
    }

    private void Run()
    {
        WaitForDeath();
        WeakReference<IDeathListener>[] listeners;
        lock (Watches)
        {
            // From here on whoever registers starts a watch of its own, which finds the process dead.
            Watches.Remove((_directory, _lease));
            listeners = [.. _listeners];
        }

        foreach (WeakReference<IDeathListener> reference in listeners)
        {
            if (reference.TryGetTarget(out IDeathListener? listener))
            {
                listener.OnDeath(_lease);
                GC.KeepAlive(listener);
            }
        }
    }

    /// <summary>Sleeps until the process is dead; where the system has no handle or memory for that now, looks again after a while.</summary>
    private void WaitForDeath()
    {
        while (true)
        {
            try
            {
                Lease.WaitForDeath(_directory, _lease);
                return;
            }
            catch (IpcException)
            {
                Thread.Sleep(RetryMilliseconds);
            }
        }
    }
}
