using System.Globalization;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>The other process of the queue's benchmarks.</summary>
internal static class QueuePeer
{
    /// <summary>Sends messages, or sends back what comes.</summary>
    public static int Run(string[] words)
    {
        using SharedQueue queue = SharedQueue.Open(words[1]);
        int count = int.Parse(words[^2], CultureInfo.InvariantCulture);
        int size = int.Parse(words[^1], CultureInfo.InvariantCulture);
        if (words[0] == "send")
        {
            byte[] body = new byte[size];
            for (int i = 0; i < count; i++)
            {
                queue.Send(body, default, Deadline.Never);
            }

            return 0;
        }

        using SharedQueue back = SharedQueue.Open(words[2]);
        var message = new ReceivedMessage();
        for (int i = 0; i < count; i++)
        {
            queue.Receive(message, Deadline.Never);
            back.Send(message.Body.Span, default, Deadline.Never);
        }

        return 0;
    }
}
