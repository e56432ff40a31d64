using System.Diagnostics;
using System.IO.Pipes;
using System.Net.Sockets;

namespace PSIpc.Benchmarks;

/// <summary>What .NET and the system have: an anonymous pipe, a Unix socket, a copy in memory.</summary>
internal static class StreamPeer
{
    /// <summary>Messages a second through an anonymous pipe, without lengths.</summary>
    public static double PipeThroughput(int size, int count)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        using Process peer = ChannelPeer.Start("pipe", pipe.GetClientHandleAsString(), count, size);
        pipe.DisposeLocalCopyOfClientHandle();
        byte[] body = new byte[size];
        pipe.ReadExactly(body);
        return Rate(peer, count, () => pipe.ReadExactly(body));
    }

    /// <summary>Messages a second through a Unix socket, each with its length before it; the reader reads as much as there is at once.</summary>
    public static double SocketThroughput(int size, int count)
    {
        string path = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            listener.Listen();
            using Process peer = ChannelPeer.Start("socket", path, count, size);
            using Socket socket = listener.Accept();
            using var stream = new BufferedStream(new NetworkStream(socket), 1 << 16);
            byte[] body = new byte[size];
            byte[] length = new byte[4];
            stream.ReadExactly(length);
            stream.ReadExactly(body);
            return Rate(peer, count, () =>
            {
                stream.ReadExactly(length);
                stream.ReadExactly(body.AsSpan(0, BitConverter.ToInt32(length)));
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Copies a second, from one block to another that both stay in the processor's caches where they fit.</summary>
    public static double MemoryCopy(int size)
    {
        byte[] from = new byte[size];
        byte[] to = new byte[size];
        int rounds = (1 << 30) / size;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < rounds; i++)
        {
            from.AsSpan().CopyTo(to);
        }

        return rounds / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Rate(Process peer, int count, Action receive)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 1; i < count; i++)
        {
            receive();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.WaitForExit();
        return (count - 1) / seconds;
    }
}
