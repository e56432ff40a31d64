using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>A message on its way to the server, kept until the server has it.</summary>
internal sealed class OutgoingMessage(MessageKey key, byte[] body, MessageStamp stamp, object? tag, Deadline deadline)
{
    /// <summary>What tells it from all others; the same however often it is sent.</summary>
    public MessageKey Key => key;

    public byte[] Body => body;

    /// <summary>What its sender wants back with its outcome.</summary>
    public object? Tag => tag;

    /// <summary>Until when there may be no room for it.</summary>
    public Deadline Deadline => deadline;

    public BasicProperties Properties { get; } = new()
    {
        ContentType = ContentTypes.Of(stamp.Format),
        DeliveryMode = DeliveryModes.Persistent,
        MessageId = key.ToString(),
        Timestamp = new AmqpTimestamp(stamp.SentAt / 1_000_000),
        AppId = "PSIpc",
    };

    /// <summary>The number of its confirmation on the present channel; 0 when it is to be sent.</summary>
    public ulong DeliveryTag { get; set; }

    /// <summary>Whether it was on its way when a channel was lost: the server has it or not.</summary>
    public bool MayBeThere { get; set; }

    /// <summary>Whether the server had no room for it a moment ago.</summary>
    public bool IsResting { get; set; }

    /// <summary>Whether the server found nobody to give it to.</summary>
    public bool IsReturned { get; set; }

    /// <summary>Whether nobody waits for its outcome any more: it is not sent again.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Whether its outcome is known.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Whether the server has it.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Why it does not have it.</summary>
    public IpcException? Error { get; private set; }

    /// <summary>Notes the outcome.</summary>
    public void Settle(bool isSent, IpcException? error = null)
    {
        IsSettled = true;
        IsSent = isSent;
        Error = error;
    }
}
