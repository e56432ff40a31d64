namespace PSIpc.Core.Pools.Remote;

/// <summary>Where a message is published.</summary>
internal enum MessageRoute
{
    /// <summary>The queue of the pool's tasks.</summary>
    Tasks,

    /// <summary>The queue of one host's epoch.</summary>
    Host,

    /// <summary>The queues of all hosts of the pool; not mandatory.</summary>
    AllHosts,

    /// <summary>The queue of a caller.</summary>
    Caller,
}

/// <summary>A message on its way out.</summary>
/// <param name="Route">Where to.</param>
/// <param name="Target">The epoch of the host, or the id of the caller; empty for the others.</param>
/// <param name="Body">The bytes.</param>
internal sealed record RoutedMessage(MessageRoute Route, Guid Target, ReadOnlyMemory<byte> Body)
{
    /// <summary>What its sender knows of it.</summary>
    public object? Tag { get; init; }
}

/// <summary>A task that a host received and has to acknowledge.</summary>
/// <param name="Body">The bytes.</param>
/// <param name="Token">The transport's own.</param>
internal sealed record TaskDelivery(ReadOnlyMemory<byte> Body, object Token);

/// <summary>A queue as the broker sees it now.</summary>
/// <param name="Messages">Messages that no consumer has.</param>
/// <param name="Consumers">Consumers.</param>
internal readonly record struct QueueState(long Messages, long Consumers);

/// <summary>One end of a pool at a broker: publishes, consumes, and connects again after each loss.</summary>
/// <remarks>
/// A lost connection drops everything that was not confirmed, and all deliveries that were not acknowledged: whoever uses it sends again what matters. The calls return at once, and may be made under any lock.
/// </remarks>
internal interface IMessageTransport : IDisposable
{
    /// <summary>Begins to connect, and calls the handler from then on.</summary>
    void Start(IMessageTransportHandler handler);

    /// <summary>Publishes a message. One to a queue that does not exist is handed to <see cref="IMessageTransportHandler.OnUnroutable"/>, unless it goes to all hosts.</summary>
    void Publish(RoutedMessage message);

    /// <summary>Has this many consumers of tasks, each of which is given one unacknowledged task at a time. Fewer than now come about as tasks are acknowledged.</summary>
    void SetIntake(int consumers);

    /// <summary>Acknowledges a task; nothing happens where its connection is lost.</summary>
    void Acknowledge(TaskDelivery delivery);

    /// <summary>Gives a task back to its queue.</summary>
    void Requeue(TaskDelivery delivery);

    /// <summary>Asks about the queue of tasks, or of a caller; null where it does not exist.</summary>
    /// <exception cref="IpcException">The broker does not answer.</exception>
    Task<QueueState?> InspectAsync(MessageRoute route, Guid target);

    /// <summary>Why the broker takes no messages now; null where it does.</summary>
    string? BlockedReason { get; }

    /// <summary>Publishes what is waiting, deletes the caller's own queue and disconnects. Takes some seconds at most.</summary>
    Task CloseAsync();
}

/// <summary>What a transport tells, one thing after the other.</summary>
internal interface IMessageTransportHandler
{
    /// <summary>The connection is there; the queues are declared.</summary>
    /// <param name="epoch">Of a host: the new epoch, by which callers reach it until the connection is lost.</param>
    void OnConnected(Guid epoch);

    /// <summary>The connection was lost; it is being made again.</summary>
    void OnLost(string reason);

    /// <summary>It will not be made again.</summary>
    void OnFailed(IpcException reason);

    /// <summary>A host received a task.</summary>
    void OnTask(TaskDelivery delivery);

    /// <summary>A message came to this end's own queue.</summary>
    void OnMessage(ReadOnlyMemory<byte> body);

    /// <summary>The queue of a message does not exist.</summary>
    void OnUnroutable(RoutedMessage message);
}
