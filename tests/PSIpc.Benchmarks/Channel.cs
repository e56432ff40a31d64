using PSIpc.Core.Channels;

namespace PSIpc.Benchmarks;

/// <summary>A channel of one kind, by an address that the other process opens it by: <c>queue:name</c>, <c>pipe:name</c> or <c>topic:name</c>.</summary>
internal sealed class Channel : IDisposable
{
    private readonly IDisposable[] _held;

    private Channel(string kind, string name, IMessageSender? sender, IMessageReceiver? receiver, params IDisposable[] held)
    {
        Address = $"{kind}:{name}";
        _sender = sender;
        _receiver = receiver;
        _held = held;
    }

    private readonly IMessageSender? _sender;
    private readonly IMessageReceiver? _receiver;

    public string Address { get; }

    public IMessageSender Sender => _sender!;

    public IMessageReceiver Receiver => _receiver!;

    /// <summary>Makes a channel; a topic with a subscription if this process receives from it.</summary>
    public static Channel Create(string kind, long capacity = SharedQueue.DefaultCapacity, bool receives = true)
    {
        switch (kind)
        {
            case "queue":
                SharedQueue queue = SharedQueue.Create(capacity: capacity);
                return new Channel(kind, queue.Name, queue, queue, queue);
            case "pipe":
                SharedPipe pipe = SharedPipe.Create(capacity: capacity);
                return new Channel(kind, pipe.Name, pipe.Second, pipe.First, pipe);
            default:
                SharedTopic topic = SharedTopic.Create(capacity: capacity);
                TopicSubscription? subscription = receives ? topic.Subscribe() : null;
                return subscription is null
                    ? new Channel(kind, topic.Name, topic, null, topic)
                    : new Channel(kind, topic.Name, topic, subscription, subscription, topic);
        }
    }

    /// <summary>Opens the side that sends.</summary>
    public static IMessageSender OpenSender(string address) => Split(address) switch
    {
        ("queue", string name) => SharedQueue.Open(name),
        ("pipe", string name) => PipeEnd.Open(name, 1),
        (_, string name) => SharedTopic.Open(name),
    };

    /// <summary>Opens the side that receives: of a topic, a subscription of its own.</summary>
    public static IMessageReceiver OpenReceiver(string address) => Split(address) switch
    {
        ("queue", string name) => SharedQueue.Open(name),
        ("pipe", string name) => PipeEnd.Open(name, 0),
        (_, string name) => SharedTopic.Open(name).Subscribe(),
    };

    public void Dispose() => Array.ForEach(_held, h => h.Dispose());

    private static (string Kind, string Name) Split(string address) => address.Split(':') is [string kind, string name] ? (kind, name) : throw new ArgumentException(address);
}
