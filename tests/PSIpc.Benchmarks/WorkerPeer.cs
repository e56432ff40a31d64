using System.Buffers.Binary;
using System.Globalization;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>A process of the stress and chaos runs: one role on one object, which it says on the standard output in whole numbers.</summary>
internal static class WorkerPeer
{
    /// <summary>Set in the second number of a report of a worker when the message came again.</summary>
    public const int RedeliveredBit = 1 << 31;

    private const int BodySize = 64;

    /// <summary>ROLE NAME ID SECONDS.</summary>
    public static int Run(string[] words)
    {
        int id = int.Parse(words[2], CultureInfo.InvariantCulture);
        int seconds = int.Parse(words[3], CultureInfo.InvariantCulture);
        using Stream output = Console.OpenStandardOutput();
        switch (words[0])
        {
            case "send":
                SendAll(SharedQueue.Open(words[1]), id, output);
                return 0;
            case "publish":
                SendAll(SharedTopic.Open(words[1]), id, output);
                return 0;
            case "receive":
                ReceiveAll(SharedQueue.Open(words[1]), output, null);
                return 0;
            case "work":
                SharedQueue queue = SharedQueue.Open(words[1]);
                ReceiveAll(queue, output, message => queue.Confirm(message));
                return 0;
            case "subscribe":
                Subscribe(words[1], output);
                return 0;
            case "stress-send":
                StressSender.Run(SharedQueue.Open(words[1]), id, seconds);
                return 0;
            case "stress-receive":
                return StressReceiver.Run(SharedQueue.Open(words[1]), id);
            default:
                return 64;
        }
    }

    private static void Subscribe(string topic, Stream output)
    {
        try
        {
            ReceiveAll(SharedTopic.Open(topic).Subscribe(), output, null);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // The run ended while this process was starting.
        }
    }

    /// <summary>Sends messages of id and index; reports the index of each one that was sent.</summary>
    private static void SendAll(IMessageSender to, int id, Stream output)
    {
        byte[] body = new byte[BodySize];
        byte[] report = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(body, id);
        for (int i = 0; ; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), i);
            to.Send(body, default, Deadline.Never);
            BinaryPrimitives.WriteInt32LittleEndian(report, i);
            output.Write(report);
        }
    }

    /// <summary>Receives to the end; reports the id and the index of each message when it is done with it.</summary>
    private static void ReceiveAll(IMessageReceiver from, Stream output, Action<ReceivedMessage>? confirm)
    {
        var message = new ReceivedMessage();
        byte[] report = new byte[8];
        try
        {
            while (from.Receive(message, Deadline.Never))
            {
                confirm?.Invoke(message);
                message.Body.Span[..8].CopyTo(report);
                if (message.DeliveryCount > 1)
                {
                    report[7] |= 0x80;
                }

                output.Write(report);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // The end.
        }
    }
}
