using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>The engine's queue between two processes, beside Python's Queue and Pipe, in one run.</summary>
internal static class QueueBenchmark
{
    private static readonly (int Size, int Count)[] Sizes = [(8, 2_000_000), (64, 2_000_000), (1024, 500_000), (65536, 20_000), (1 << 20, 1_000)];

    public static void Run()
    {
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}; each figure is the median of five runs");
        Figures.Heading("Throughput, one process to another, one message at a time");
        foreach ((int size, int count) in Sizes)
        {
            double ours = Figures.Median(() => Throughput(size, count));
            int pythonCount = Math.Min(count, 50_000);
            Figures.Row(
                $"{size:N0} B",
                "thousand/s",
                moreIsBetter: true,
                ours / 1000,
                ("Python Pipe.send_bytes", PythonPeer.Throughput("pipe", size, pythonCount) / 1000),
                ("Python Queue", PythonPeer.Throughput("queue", size, Math.Min(pythonCount, 20_000)) / 1000));
            if (size >= 65536)
            {
                Console.WriteLine($"    {"",-32} {ours * size / (1 << 30),14:N2} GiB/s, memcpy {MemoryCopy(size),8:N2} GiB/s");
            }
        }

        Figures.Heading("Round trip, 64 B");
        Figures.Row("there and back at once", "us", moreIsBetter: false, Figures.Median(() => RoundTrip(100_000, pause: false)), ("Python Pipe", PythonPeer.RoundTrip(5_000)));
        Figures.Row("woken from sleep each way", "us", moreIsBetter: false, Figures.Median(() => RoundTrip(200, pause: true)));

        Figures.Heading("Allocations");
        Console.WriteLine($"  bytes a message, sent and received: {Allocations():N3}");
    }

    private static double Throughput(int size, int count)
    {
        using SharedQueue queue = SharedQueue.Create();
        using Process peer = StartPeer("send", queue.Name, count, size);
        var message = new ReceivedMessage();
        queue.Receive(message, Deadline.Never);
        long start = Stopwatch.GetTimestamp();
        for (int i = 1; i < count; i++)
        {
            queue.Receive(message, Deadline.Never);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.WaitForExit();
        return (count - 1) / seconds;
    }

    /// <summary>Microseconds there and back; with a pause before each, long enough for the other side to fall asleep.</summary>
    private static double RoundTrip(int count, bool pause)
    {
        using SharedQueue there = SharedQueue.Create();
        using SharedQueue back = SharedQueue.Create();
        using Process peer = StartPeer("echo", there.Name, back.Name, count + 1, 64);
        byte[] body = new byte[64];
        var message = new ReceivedMessage();
        there.Send(body, default, Deadline.Never);
        back.Receive(message, Deadline.Never);
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            if (pause)
            {
                Thread.Sleep(1);
            }

            long start = Stopwatch.GetTimestamp();
            there.Send(body, default, Deadline.Never);
            back.Receive(message, Deadline.Never);
            total += Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        peer.WaitForExit();
        return total / count;
    }

    private static double MemoryCopy(int size)
    {
        byte[] from = new byte[size];
        byte[] to = new byte[size];
        int rounds = (1 << 30) / size;
        return Figures.Median(() =>
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < rounds; i++)
            {
                from.AsSpan().CopyTo(to);
            }

            return 1 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }

    private static double Allocations()
    {
        const int Count = 100_000;
        using SharedQueue queue = SharedQueue.Create();
        byte[] body = new byte[64];
        var message = new ReceivedMessage();
        long before = 0;
        for (int i = -1000; i < Count; i++)
        {
            if (i == 0)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            queue.Send(body, default, Deadline.Never);
            queue.Receive(message, Deadline.Never);
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count;
    }

    private static Process StartPeer(params object[] words) =>
        Process.Start(Environment.ProcessPath!, ["--peer", .. words.Select(w => w.ToString()!)]);
}
