using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>The other process of a benchmark of channels.</summary>
internal static class ChannelPeer
{
    public const int Batch = 64;

    /// <summary>Messages that a measured loop sends or receives before it is called again.</summary>
    public const int Chunk = 2000;

    /// <summary>Starts this program as the other process.</summary>
    public static Process Start(params object[] words) =>
        Process.Start(Environment.ProcessPath!, ["--peer", .. words.Select(w => w.ToString()!)]);

    /// <summary>VERB ADDRESS... COUNT SIZE: sends messages, receives them, or sends back what comes.</summary>
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
            case "receive":
                Receive(words[1], words[2]);
                return 0;
            case "echo":
                Echo(words[1], words[2], count);
                return 0;
            case "pipe":
                WritePipe(words[1], count, size);
                return 0;
            case "socket":
                WriteSocket(words[1], count, size);
                return 0;
            default:
                return 64;
        }
    }

    private static void Send(string address, int count, int size)
    {
        using IMessageSender to = Channel.OpenSender(address);
        byte[] body = new byte[size];
        for (int sent = 0; sent < count; sent += Chunk)
        {
            Send(to, body, Math.Min(Chunk, count - sent));
        }

        WaitUntilReceived(to);
    }

    private static void Send(IMessageSender to, byte[] body, int count)
    {
        for (int i = 0; i < count; i++)
        {
            to.Send(body, default, Deadline.Never);
        }
    }

    private static void SendMany(string address, int count, int size)
    {
        using IMessageSender to = Channel.OpenSender(address);
        byte[] bodies = new byte[size * Batch];
        int[] lengths = [.. Enumerable.Repeat(size, Batch)];
        for (int sent = 0; sent < count; sent += Chunk)
        {
            SendMany(to, bodies, lengths, Math.Min(Chunk, count - sent));
        }

        WaitUntilReceived(to);
    }

    private static void SendMany(IMessageSender to, byte[] bodies, int[] lengths, int count)
    {
        for (int sent = 0; sent < count; sent += Batch)
        {
            to.SendMany(bodies, lengths.AsSpan(0, Math.Min(Batch, count - sent)), default, Deadline.Never);
        }
    }

    /// <summary>A process that exits with an end closes it: the parent says when all is received by closing the other one.</summary>
    private static void WaitUntilReceived(IMessageSender to)
    {
        if (to is PipeEnd)
        {
            Console.In.ReadLine();
        }
    }

    /// <summary>Says that it is ready by a message to another channel, then receives to the end.</summary>
    private static void Receive(string address, string ready)
    {
        using IMessageReceiver from = Channel.OpenReceiver(address);
        using IMessageSender to = Channel.OpenSender(ready);
        to.Send([], default, Deadline.Never);
        var message = new ReceivedMessage();
        try
        {
            while (from.Receive(message, Deadline.Never))
            {
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // All is received.
        }
    }

    private static void Echo(string there, string back, int count)
    {
        using IMessageReceiver from = Channel.OpenReceiver(there);
        using IMessageSender to = Channel.OpenSender(back);
        var message = new ReceivedMessage();
        to.Send([], default, Deadline.Never);
        for (int i = 0; i < count; i++)
        {
            from.Receive(message, Deadline.Never);
            to.Send(message.Body.Span, default, Deadline.Never);
        }

        WaitUntilReceived(to);
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

    /// <summary>Messages of a length (4 bytes) and a body, each by one system call.</summary>
    private static void WriteSocket(string path, int count, int size)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        byte[] message = new byte[4 + size];
        BitConverter.TryWriteBytes(message, size);
        for (int i = 0; i < count; i++)
        {
            for (int sent = 0; sent < message.Length;)
            {
                sent += socket.Send(message.AsSpan(sent));
            }
        }
    }
}
