using System.Globalization;

namespace PSIpc.RabbitMQ;

/// <summary>What the parts of queues and topics are called on the server. A queue and the exchange of a topic have their own names, so that other programs find them.</summary>
internal static class ChannelNames
{
    /// <summary>The exchange through which a queue is sent into; nothing is bound to it once the queue is closed.</summary>
    public static string EntryOf(string queue) => $"psipc.queue.{queue}";

    /// <summary>The queue that holds what is known of a queue.</summary>
    public static string NoteOfQueue(string queue) => $"psipc.queue.{queue}";

    /// <summary>The queue that holds what is known of a topic.</summary>
    public static string NoteOfTopic(string topic) => $"psipc.topic.{topic}";

    /// <summary>The queue of a subscription.</summary>
    public static string Subscription(string topic, long part) => string.Create(CultureInfo.InvariantCulture, $"psipc.topic.{topic}.{part:x16}");
}
