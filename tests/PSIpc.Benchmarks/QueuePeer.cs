using System.Globalization;
using System.IO.Pipes;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>The other process of the queue's benchmarks.</summary>
internal static class QueuePeer
{
    public const int Batch = 64;

    /// <summary>VERB CHANNEL... COUNT SIZE: sends messages, or sends back what comes.</summary>
    public static int Run(string[] words)
    {
        int count = int.Parse(words[^2], CultureInfo.InvariantCulture);
        int size = int.Parse(words[^1], CultureInfo.InvariantCulture);
        switch (words[0])
        {
            case "send":
                Send(words[1], count, size);
                return 0;
            case "send-many":
                SendMany(words[1], count, size);
                return 0;
            case "echo":
                Echo(words[1], words[2], count);
                return 0;
            case "pipe":
                WritePipe(words[1], count, size);
                return 0;
            default:
                return 64;
        }
    }

    private static void Send(string name, int count, int size)
    {
        using SharedQueue queue = SharedQueue.Open(name);
        byte[] body = new byte[size];
        for (int i = 0; i < count; i++)
        {
            queue.Send(body, default, Deadline.Never);
        }
    }

    private static void SendMany(string name, int count, int size)
    {
        using SharedQueue queue = SharedQueue.Open(name);
        byte[] bodies = new byte[size * Batch];
        int[] lengths = [.. Enumerable.Repeat(size, Batch)];
        for (int i = 0; i < count; i += Batch)
        {
            queue.SendMany(bodies, lengths, default, Deadline.Never);
        }
    }

    private static void Echo(string there, string back, int count)
    {
        using SharedQueue from = SharedQueue.Open(there);
        using SharedQueue to = SharedQueue.Open(back);
        var message = new ReceivedMessage();
        for (int i = 0; i < count; i++)
        {
            from.Receive(message, Deadline.Never);
            to.Send(message.Body.Span, default, Deadline.Never);
        }
    }

    private static void WritePipe(string handle, int count, int size)
    {
        using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, handle);
        byte[] body = new byte[size];
        for (int i = 0; i < count; i++)
        {
            pipe.Write(body);
        }
    }
}
