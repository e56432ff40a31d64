using System.Buffers.Binary;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.TestPeer;

/// <summary>What a process does with the end of a pipe that it was given.</summary>
internal static class PipeVerbs
{
    /// <summary>Takes an end, says so, and does one of: send (numbers for ever), receive (to the end, reporting), echo, have (nothing), leave (at a line).</summary>
    public static void Run(string what, string name, int index, Stream output)
    {
        using PipeEnd end = PipeEnd.Open(name, index);
        if (what is not "receive")
        {
            output.Write("took"u8);
        }

        switch (what)
        {
            case "send":
                Send(end);
                break;
            case "receive":
                Receive(end, output);
                break;
            case "echo":
                Echo(end);
                break;
            case "leave":
                Console.In.ReadLine();
                break;
            default:
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    private static void Send(PipeEnd end)
    {
        byte[] body = new byte[8];
        for (int i = 0; ; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), i);
            end.Send(body, default, Deadline.Never);
        }
    }

    private static void Receive(PipeEnd end, Stream output)
    {
        var message = new ReceivedMessage();
        while (TryReceive(end, message))
        {
            output.Write(message.Body.Span[..8]);
        }
    }

    private static void Echo(PipeEnd end)
    {
        var message = new ReceivedMessage();
        while (TryReceive(end, message))
        {
            end.Send(message.Body.Span, default, Deadline.Never);
        }
    }

    private static bool TryReceive(PipeEnd end, ReceivedMessage message)
    {
        try
        {
            return end.Receive(message, Deadline.Never);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            return false;
        }
    }
}
