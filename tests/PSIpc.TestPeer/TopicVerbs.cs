using System.Buffers.Binary;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer;

/// <summary>What a process does with a topic.</summary>
internal static class TopicVerbs
{
    /// <summary>Subscribes, says so, and does one of: receive (to the end, reporting), have (nothing), leave (at a line).</summary>
    public static void Subscribe(string what, string topicName, Stream output)
    {
        using SharedTopic topic = SharedTopic.Open(topicName);
        using TopicSubscription subscription = topic.Subscribe();
        output.Write("took"u8);
        switch (what)
        {
            case "receive":
                Receive(subscription, output);
                break;
            case "leave":
                Console.In.ReadLine();
                break;
            case "end-unwoken":
                Console.In.ReadLine();
                SharedTopic.TableOf(topic.Segment)[subscription.Index].Owner.TryClose(); // And does not come to the wake.
                output.Write("over"u8);
                Thread.Sleep(Timeout.Infinite);
                break;
            default:
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    /// <summary>Publishes messages of sender and index, padded; reports the index of each one that was sent.</summary>
    public static void Publish(string topicName, int sender, int count, int size, Stream output)
    {
        using SharedTopic topic = SharedTopic.Open(topicName);
        byte[] body = new byte[Math.Max(8, size)];
        byte[] ack = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(body, sender);
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), i);
            topic.Send(body, default, Deadline.Never);
            BinaryPrimitives.WriteInt32LittleEndian(ack, i);
            output.Write(ack);
        }
    }

    private static void Receive(TopicSubscription subscription, Stream output)
    {
        var message = new ReceivedMessage();
        try
        {
            while (subscription.Receive(message, Deadline.Never))
            {
                output.Write(message.Body.Span[..8]);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
        }
    }
}
