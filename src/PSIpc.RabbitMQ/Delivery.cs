using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace PSIpc.RabbitMQ;

/// <summary>A message that the server gave to this process, and which it has to acknowledge or to give back.</summary>
internal sealed class Delivery
{
    /// <summary>The type of the message that is behind the last one of a closed channel.</summary>
    public const string EndType = "psipc.end";

    private const string DeliveryCountHeader = "x-delivery-count";

    private static readonly TimeSpan EndPause = TimeSpan.FromMilliseconds(20);

    public Delivery(IChannel channel, ulong tag, bool isRedelivered, IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        Channel = channel;
        Tag = tag;
        Body = body.ToArray();
        IsEnd = properties.Type == EndType;
        HasKey = MessageKey.TryParse(properties.MessageId, out MessageKey key);
        Key = key;
        Stamp = new MessageStamp(ContentTypes.FormatOf(properties.ContentType), properties.IsTimestampPresent() ? properties.Timestamp.UnixTime * 1_000_000 : 0);
        object? count = null;
        properties.Headers?.TryGetValue(DeliveryCountHeader, out count);
        Count = !isRedelivered ? 1 : 1 + Math.Max(1, count is long or int ? Convert.ToInt32(count, System.Globalization.CultureInfo.InvariantCulture) : 1);
    }

    /// <summary>Sends the end-of-stream marker; false when a queue stays full, and refuses it, for some time.</summary>
    public static async Task<bool> TrySendEndAsync(IChannel channel, string exchange, string routingKey, bool mandatory, TimeSpan time, CancellationToken cancellation)
    {
        for (var end = Deadline.After(time); ; await Task.Delay(EndPause, cancellation).ConfigureAwait(false))
        {
            try
            {
                await channel.BasicPublishAsync(
                    exchange, routingKey, mandatory, new BasicProperties { Type = EndType, DeliveryMode = DeliveryModes.Persistent }, ReadOnlyMemory<byte>.Empty, cancellation).ConfigureAwait(false);
                return true;
            }
            catch (PublishException e) when (!e.IsReturn)
            {
                if (end.IsOver)
                {
                    return false;
                }
            }
        }
    }

    /// <summary>Where it is to be acknowledged; in vain once this channel is closed.</summary>
    public IChannel Channel { get; }

    /// <summary>What took it from the server; null where it was asked for by itself.</summary>
    public InboxConsumer? Consumer { get; init; }

    /// <summary>Its number there.</summary>
    public ulong Tag { get; }

    public byte[] Body { get; }

    /// <summary>Whether it says that nothing comes after it.</summary>
    public bool IsEnd { get; }

    /// <summary>Whether its sender was one of this module.</summary>
    public bool HasKey { get; }

    /// <summary>What tells it from all others.</summary>
    public MessageKey Key { get; }

    public MessageStamp Stamp { get; }

    /// <summary>How often it was given to a receiver, this time included.</summary>
    public int Count { get; }
}
