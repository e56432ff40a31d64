using PSIpc.Core.Pools.Remote;

namespace PSIpc.Core.Tests.Pools.Remote;

/// <summary>A broker in memory: queues, consumers with one unacknowledged message, and connections that are lost with everything that was on its way.</summary>
internal sealed class SimulatedBroker(ManualTime time, Random random)
{
    private readonly Dictionary<(MessageRoute Route, Guid Target), SimulatedQueue> _queues = [];
    private readonly List<SimulatedTransport> _transports = [];

    public SimulatedBroker(ManualTime time, int seed)
        : this(time, new Random(seed))
    {
    }

    /// <summary>How long a message takes from a client to the broker, or back.</summary>
    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(0.3);

    /// <summary>Of how many messages one is delivered again after a connection was lost, though it was processed.</summary>
    public double Redelivers { get; set; } = 0.5;

    /// <summary>How long a client takes to connect again.</summary>
    public TimeSpan ReconnectTime { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Of how many messages one is lost, although no connection is.</summary>
    public double Loses { get; set; }

    /// <summary>Of how many messages one comes twice.</summary>
    public double Duplicates { get; set; }

    /// <summary>Of how many messages one is late, and overtaken by others.</summary>
    public double Delays { get; set; }

    /// <summary>How late that is at most.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(3);

    public bool IsDown { get; private set; }

    public int Queues => _queues.Count;

    /// <summary>Messages of tasks that no host has.</summary>
    public int Tasks => Queue(MessageRoute.Tasks, default).Messages.Count;

    internal ManualTime Time => time;

    internal Random Random => random;

    public SimulatedTransport Connect(Guid caller)
    {
        var transport = new SimulatedTransport(this, caller);
        _transports.Add(transport);
        return transport;
    }

    public SimulatedTransport ConnectHost() => Connect(Guid.Empty);

    /// <summary>Kills the broker: its messages and connections are lost, its durable queues stay.</summary>
    public void Kill()
    {
        IsDown = true;
        foreach (SimulatedQueue queue in _queues.Values)
        {
            queue.Messages.Clear();
        }

        foreach (SimulatedTransport transport in _transports)
        {
            transport.Disconnect("the broker was killed");
        }
    }

    public void Restart() => IsDown = false;

    /// <summary>Loses all messages of tasks without telling.</summary>
    public void LoseTasks() => Queue(MessageRoute.Tasks, default).Messages.Clear();

    /// <summary>Loses all messages to callers without telling.</summary>
    public void LoseReplies()
    {
        foreach (SimulatedQueue queue in _queues.Where(q => q.Key.Route == MessageRoute.Caller).Select(q => q.Value))
        {
            queue.Messages.Clear();
        }
    }

    internal SimulatedQueue Queue(MessageRoute route, Guid target) =>
        _queues.TryGetValue((route, target), out SimulatedQueue? queue) ? queue : _queues[(route, target)] = new SimulatedQueue();

    internal SimulatedQueue? Find(MessageRoute route, Guid target) => _queues.GetValueOrDefault((route, target));

    internal void Delete(MessageRoute route, Guid target) => _queues.Remove((route, target));

    /// <summary>The broker has received a message: it goes to its queues, or comes back.</summary>
    internal void Route(SimulatedTransport from, RoutedMessage message)
    {
        if (Happens(Loses))
        {
            return;
        }

        for (int copies = Happens(Duplicates) ? 2 : 1; copies > 0; copies--)
        {
            if (Happens(Delays))
            {
                time.After(MaxDelay * random.NextDouble(), () => RouteNow(from, message));
            }
            else
            {
                RouteNow(from, message);
            }
        }
    }

    private bool Happens(double probability) => probability > 0 && random.NextDouble() < probability;

    private void RouteNow(SimulatedTransport from, RoutedMessage message)
    {
        SimulatedQueue[] queues = message.Route == MessageRoute.AllHosts
            ? [.. _queues.Where(q => q.Key.Route == MessageRoute.Host).Select(q => q.Value)]
            : Find(message.Route, message.Target) is { } queue ? [queue] : [];
        foreach (SimulatedQueue target in queues)
        {
            target.Messages.AddLast(message.Body);
            Deliver(target);
        }

        if (queues.Length == 0 && message.Route != MessageRoute.AllHosts)
        {
            from.ComesBack(message);
        }
    }

    /// <summary>Gives the messages of a queue to its consumers, in turn.</summary>
    internal static void Deliver(SimulatedQueue queue)
    {
        while (queue.Messages.Count > 0 && queue.Consumers.FirstOrDefault(c => c.HasCredit) is { } consumer)
        {
            queue.Consumers.Remove(consumer);
            queue.Consumers.Add(consumer);
            ReadOnlyMemory<byte> body = queue.Messages.First!.Value;
            queue.Messages.RemoveFirst();
            consumer.Take(body);
        }
    }
}

/// <summary>A queue of a <see cref="SimulatedBroker"/>.</summary>
internal sealed class SimulatedQueue
{
    public LinkedList<ReadOnlyMemory<byte>> Messages { get; } = [];

    public List<SimulatedConsumer> Consumers { get; } = [];
}

/// <summary>A consumer; one of tasks has one unacknowledged message at a time.</summary>
internal sealed class SimulatedConsumer(SimulatedTransport transport, SimulatedQueue queue, bool isOfTasks)
{
    private readonly List<ReadOnlyMemory<byte>> _unacknowledged = [];
    private readonly List<ReadOnlyMemory<byte>> _processed = [];

    public SimulatedQueue Queue => queue;

    public bool IsCancelled { get; set; }

    public bool HasCredit => !IsCancelled && (!isOfTasks || _unacknowledged.Count == 0);

    public bool IsIdle => _unacknowledged.Count == 0;

    public void Take(ReadOnlyMemory<byte> body)
    {
        _unacknowledged.Add(body);
        transport.Later(() =>
        {
            if (isOfTasks)
            {
                transport.Handler.OnTask(new TaskDelivery(body, (this, body, transport.Connection)));
            }
            else
            {
                _unacknowledged.Remove(body);
                _processed.Add(body);
                transport.Handler.OnMessage(body);
            }
        });
    }

    public void Acknowledge(ReadOnlyMemory<byte> body)
    {
        _unacknowledged.Remove(body);
        SimulatedBroker.Deliver(queue);
    }

    /// <summary>The connection is lost: what was not acknowledged goes back, and some of what was processed, as its acknowledgement was on its way.</summary>
    public void Lose()
    {
        queue.Consumers.Remove(this);
        IEnumerable<ReadOnlyMemory<byte>> again = _processed.TakeLast(8).SkipWhile(_ => transport.Broker.Random.NextDouble() > transport.Broker.Redelivers / 4);
        foreach (ReadOnlyMemory<byte> body in again.Concat(_unacknowledged).Reverse())
        {
            queue.Messages.AddFirst(body);
        }
    }
}

/// <summary>A connection to a <see cref="SimulatedBroker"/>.</summary>
internal sealed class SimulatedTransport(SimulatedBroker broker, Guid caller) : IMessageTransport
{
    private readonly List<SimulatedConsumer> _consumers = [];
    private readonly List<SimulatedConsumer> _intake = [];
    private Guid _epoch;
    private long _lastOut;
    private long _lastIn;
    private int _wanted;
    private bool _isClosed;

    public SimulatedBroker Broker => broker;

    public IMessageTransportHandler Handler { get; private set; } = null!;

    /// <summary>Grows with each connection; 0 while there is none.</summary>
    public int Connection { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary>While set, nothing comes or goes, and neither end knows.</summary>
    public bool IsCut { get; set; }

    /// <summary>While set, it does not connect again.</summary>
    public bool StaysAway { get; set; }

    public string? BlockedReason => null;

    private bool IsHost => caller == Guid.Empty;

    public void Start(IMessageTransportHandler handler)
    {
        Handler = handler;
        broker.Time.After(TimeSpan.FromMilliseconds(1), Connect);
    }

    public void Publish(RoutedMessage message)
    {
        if (IsConnected)
        {
            int connection = Connection;
            OneWay(ref _lastOut, () =>
            {
                if (connection == Connection && IsConnected && !IsCut)
                {
                    broker.Route(this, message);
                }
            });
        }
    }

    public void SetIntake(int consumers)
    {
        _wanted = consumers;
        OneWay(ref _lastOut, () =>
        {
            if (!IsConnected)
            {
                return;
            }

            while (_intake.Count < _wanted)
            {
                SimulatedQueue queue = broker.Queue(MessageRoute.Tasks, default);
                var consumer = new SimulatedConsumer(this, queue, isOfTasks: true);
                _intake.Add(consumer);
                _consumers.Add(consumer);
                queue.Consumers.Add(consumer);
                SimulatedBroker.Deliver(queue);
            }

            if (_wanted == 0)
            {
                _intake.ForEach(c => c.IsCancelled = true);
                _intake.Clear();
            }
        });
    }

    public void Acknowledge(TaskDelivery delivery) => Answer(delivery, requeue: false);

    public void Requeue(TaskDelivery delivery) => Answer(delivery, requeue: true);

    public Task<QueueState?> InspectAsync(MessageRoute route, Guid target)
    {
        if (!IsConnected)
        {
            return Task.FromException<QueueState?>(new IpcException(IpcErrorKind.PeerGone, "away"));
        }

        var answer = new TaskCompletionSource<QueueState?>();
        int connection = Connection;
        OneWay(ref _lastOut, () =>
        {
            if (connection != Connection)
            {
                answer.SetException(new IpcException(IpcErrorKind.PeerGone, "away"));
                return;
            }

            SimulatedQueue? queue = broker.Find(route, target);
            QueueState? state = queue is null ? null : new QueueState(queue.Messages.Count, queue.Consumers.Count);
            broker.Time.After(broker.Latency, () => answer.SetResult(state));
        });
        return answer.Task;
    }

    public Task CloseAsync()
    {
        if (!IsHost && IsConnected)
        {
            broker.Delete(MessageRoute.Caller, caller);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _isClosed = true;
        Disconnect("closed", tells: false);
    }

    /// <summary>Loses the connection. It is made again after a while.</summary>
    public void Disconnect(string reason, bool tells = true)
    {
        if (!IsConnected)
        {
            return;
        }

        IsConnected = false;
        Connection++;
        foreach (SimulatedConsumer consumer in _consumers.ToArray())
        {
            consumer.Lose();
        }

        SimulatedQueue[] queues = [.. _consumers.Select(c => c.Queue).Distinct()];
        _consumers.Clear();
        _intake.Clear();
        if (IsHost)
        {
            broker.Delete(MessageRoute.Host, _epoch);
        }

        if (tells)
        {
            Handler.OnLost(reason);
            broker.Time.After(broker.ReconnectTime * (0.5 + broker.Random.NextDouble()), Connect);
        }

        Array.ForEach(queues, SimulatedBroker.Deliver);
    }

    /// <summary>Pulls the cable: the broker notices after some time, and so does this end.</summary>
    public void Cut(TimeSpan noticed)
    {
        IsCut = true;
        broker.Time.After(noticed, () => Disconnect("no heartbeat"));
    }

    internal void ComesBack(RoutedMessage message) => Later(() => Handler.OnUnroutable(message));

    /// <summary>Something that the broker sends.</summary>
    internal void Later(Action work)
    {
        int connection = Connection;
        OneWay(ref _lastIn, () =>
        {
            if (connection == Connection && IsConnected && !IsCut)
            {
                work();
            }
        });
    }

    private void Answer(TaskDelivery delivery, bool requeue)
    {
        (SimulatedConsumer consumer, ReadOnlyMemory<byte> body, int connection) = ((SimulatedConsumer, ReadOnlyMemory<byte>, int))delivery.Token;
        OneWay(ref _lastOut, () =>
        {
            if (connection != Connection || !IsConnected || IsCut)
            {
                return;
            }

            if (_intake.Count > _wanted && _intake.Remove(consumer))
            {
                consumer.IsCancelled = true;
            }

            if (requeue)
            {
                consumer.Queue.Messages.AddFirst(body);
            }

            consumer.Acknowledge(body);
        });
    }

    /// <summary>In one direction of a connection nothing overtakes.</summary>
    private void OneWay(ref long last, Action work)
    {
        long at = Math.Max(last, broker.Time.GetTimestamp() + (long)(broker.Latency.Ticks * (0.5 + broker.Random.NextDouble())));
        last = at;
        broker.Time.After(TimeSpan.FromTicks(at - broker.Time.GetTimestamp()), work);
    }

    private void Connect()
    {
        if (_isClosed || IsConnected)
        {
            return;
        }

        if (broker.IsDown || IsCut || StaysAway)
        {
            broker.Time.After(broker.ReconnectTime, Connect);
            return;
        }

        IsConnected = true;
        Connection++;
        _epoch = Guid.NewGuid();
        broker.Queue(MessageRoute.Tasks, default);
        SimulatedQueue own = broker.Queue(IsHost ? MessageRoute.Host : MessageRoute.Caller, IsHost ? _epoch : caller);
        var consumer = new SimulatedConsumer(this, own, isOfTasks: false);
        _consumers.Add(consumer);
        own.Consumers.Add(consumer);
        Handler.OnConnected(IsHost ? _epoch : Guid.Empty);
        SimulatedBroker.Deliver(own);
    }
}
