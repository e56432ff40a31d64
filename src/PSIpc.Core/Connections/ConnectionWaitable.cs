using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>A connection that is ready when a message is there as a whole, or its end. There is no word of memory to sleep on: the system's own notice of the socket wakes the waiter.</summary>
internal sealed class ConnectionWaitable(PeerConnection connection) : IWaitable
{
    private readonly object _lock = new();
    private readonly List<Action> _waiters = [];
    private bool _isWatched;

    public bool IsReady(out WaitTarget target)
    {
        target = default;
        bool? ready;
        try
        {
            ready = connection.TryLook();
        }
        catch (IpcException)
        {
            return true; // What is wrong with it, the next receive says.
        }

        if (ready == true)
        {
            return true;
        }

        Watch();
        return false;
    }

    public void Attach(Action wake)
    {
        lock (_lock)
        {
            _waiters.Add(wake);
        }
    }

    public void Detach(Action wake)
    {
        lock (_lock)
        {
            _waiters.Remove(wake);
        }
    }

    /// <summary>Wakes who waits.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            _isWatched = false;
            _waiters.ForEach(w => w());
        }
    }

    private void Watch()
    {
        lock (_lock)
        {
            if (_isWatched || _waiters.Count == 0)
            {
                return;
            }

            _isWatched = true;
        }

        connection.WhenReadable(Wake);
    }
}
