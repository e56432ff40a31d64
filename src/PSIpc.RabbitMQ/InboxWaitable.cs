using PSIpc.Core.Waiting;

namespace PSIpc.RabbitMQ;

/// <summary>A receiver that is ready when a message is in hand, or its end. There is no word of memory to sleep on: what comes from the server wakes the waiter.</summary>
internal sealed class InboxWaitable(Inbox inbox) : IWaitable
{
    private readonly object _lock = new();
    private readonly List<Action> _waiters = [];

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaitedFor
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count > 0;
            }
        }
    }

    public bool IsReady(out WaitTarget target)
    {
        target = default;
        return inbox.IsReady();
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
            _waiters.ForEach(w => w());
        }
    }
}
