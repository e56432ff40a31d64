namespace PSIpc.RabbitMQ;

/// <summary>The messages that were received last: what comes again after a lost connection is told by it.</summary>
internal sealed class ReceivedKeys
{
    /// <summary>Far more than a sender has under way, and than a receiver has unacknowledged.</summary>
    private const int Most = 1 << 15;

    private readonly HashSet<MessageKey> _keys = [];
    private readonly Queue<MessageKey> _order = new();

    /// <summary>Notes a message.</summary>
    public void Add(MessageKey key)
    {
        if (!_keys.Add(key))
        {
            return;
        }

        _order.Enqueue(key);
        if (_order.Count > Most)
        {
            _keys.Remove(_order.Dequeue());
        }
    }

    /// <summary>Whether it was received.</summary>
    public bool Contains(MessageKey key) => _keys.Contains(key);
}
