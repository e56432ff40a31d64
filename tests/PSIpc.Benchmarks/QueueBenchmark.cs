using System.Diagnostics;
using System.IO.Pipes;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>The engine's queue between two processes, beside Python's queues and pipe, .NET's anonymous pipe and memcpy, in one run.</summary>
internal static class QueueBenchmark
{
    private const double MessageTarget = 20e6;
    private const double BatchTarget = 80e6;
    private const double CopyTarget = 0.8;
    private const double RoundTripTarget = 0.7;
    private const double WakeTarget = 20;

    private static readonly (int Size, int Count)[] Sizes = [(8, 10_000_000), (64, 10_000_000), (1024, 3_000_000), (65536, 100_000), (1 << 20, 5_000)];

    public static void Run()
    {
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}; each figure is the median of five runs");
        Figures.Heading("Throughput, one process to another, one message at a time");
        foreach ((int size, int count) in Sizes)
        {
            OneByOne(size, count);
        }

        Figures.Heading($"Throughput in batches of {QueuePeer.Batch}, 64 B");
        double batches = Figures.Median(() => BatchThroughput(64, 200_000 * QueuePeer.Batch));
        Figures.Row("SendMany, ReceiveMany", "thousand/s", moreIsBetter: true, batches / 1000);
        Figures.Target($"{BatchTarget / 1000:N0} thousand/s", batches >= BatchTarget);

        Figures.Heading("Round trip, 64 B");
        double spinning = Figures.Median(() => RoundTrip(300_000, pause: false));
        Figures.Row("there and back at once", "us", moreIsBetter: false, spinning, ("Python Pipe", PythonPeer.RoundTrip(5_000)));
        Figures.Target($"{RoundTripTarget} us", spinning <= RoundTripTarget);
        double woken = Figures.Median(() => RoundTrip(300, pause: true));
        Figures.Row("each side woken from sleep", "us", moreIsBetter: false, woken, ("Python Pipe", PythonPeer.WokenRoundTrip(300)));
        Figures.Target($"{WakeTarget} us", woken <= WakeTarget);

        Figures.Heading("Allocations");
        Console.WriteLine($"  bytes a message, sent and received: {Allocations():N3}");
    }

    private static void OneByOne(int size, int count)
    {
        double ours = Figures.Median(() => Throughput(size, count));
        double pipe = Figures.Median(() => PipeThroughput(size, Math.Min(count, 200_000)));
        int pythonCount = Math.Min(count, size > 65536 ? 500 : 50_000);
        Figures.Row(
            $"{size:N0} B",
            "thousand/s",
            moreIsBetter: true,
            ours / 1000,
            (".NET anonymous pipe", pipe / 1000),
            ("Python Pipe.send_bytes", PythonPeer.Throughput("pipe", size, pythonCount) / 1000),
            ("Python SimpleQueue", PythonPeer.Throughput("simple", size, Math.Min(pythonCount, 20_000)) / 1000),
            ("Python Queue", PythonPeer.Throughput("queue", size, Math.Min(pythonCount, 20_000)) / 1000));
        if (size == 64)
        {
            Figures.Target($"{MessageTarget / 1000:N0} thousand/s", ours >= MessageTarget);
        }
        else if (size >= 65536)
        {
            double copies = MemoryCopy(size);
            Figures.Row("the same in bytes", "GiB/s", moreIsBetter: true, ours * size / (1 << 30), ("memcpy", copies * size / (1 << 30)));
            if (size == 1 << 20)
            {
                Figures.Target($"{CopyTarget:P0} of memcpy", ours >= CopyTarget * copies);
            }
        }
    }

    /// <summary>Messages a second, once both programs are compiled.</summary>
    private static double Throughput(int size, int count)
    {
        using SharedQueue queue = SharedQueue.Create();
        using Process peer = StartPeer("send", queue.Name, count, size);
        var message = new ReceivedMessage();
        long start = 0;
        for (int i = 0; i < count; i++)
        {
            if (i == count / 5)
            {
                start = Stopwatch.GetTimestamp();
            }

            queue.Receive(message, Deadline.Never);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.WaitForExit();
        return (count - (count / 5)) / seconds;
    }

    private static double BatchThroughput(int size, int count)
    {
        using SharedQueue queue = SharedQueue.Create();
        using Process peer = StartPeer("send-many", queue.Name, count, size);
        var batch = new ReceivedBatch(QueuePeer.Batch);
        int received = 0;
        int from = 0;
        long start = 0;
        while (received < count)
        {
            queue.ReceiveMany(batch, Deadline.Never);
            received += batch.Count;
            if (from == 0 && received > count / 5)
            {
                from = received;
                start = Stopwatch.GetTimestamp();
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.WaitForExit();
        return (count - from) / seconds;
    }

    private static double PipeThroughput(int size, int count)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        using Process peer = StartPeer("pipe", pipe.GetClientHandleAsString(), count, size);
        pipe.DisposeLocalCopyOfClientHandle();
        byte[] body = new byte[size];
        pipe.ReadExactly(body);
        long start = Stopwatch.GetTimestamp();
        for (int i = 1; i < count; i++)
        {
            pipe.ReadExactly(body);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        peer.WaitForExit();
        return (count - 1) / seconds;
    }

    /// <summary>Microseconds there and back, the median trip; with a pause before each, long enough for the other side to fall asleep.</summary>
    private static double RoundTrip(int count, bool pause)
    {
        using SharedQueue there = SharedQueue.Create();
        using SharedQueue back = SharedQueue.Create();
        int warmUp = pause ? 100 : count / 5;
        using Process peer = StartPeer("echo", there.Name, back.Name, count + warmUp, 64);
        byte[] body = new byte[64];
        var message = new ReceivedMessage();
        double[] trips = new double[count];
        for (int i = -warmUp; i < count; i++)
        {
            if (pause)
            {
                Thread.Sleep(1);
            }

            long start = Stopwatch.GetTimestamp();
            there.Send(body, default, Deadline.Never);
            back.Receive(message, Deadline.Never);
            if (i >= 0)
            {
                trips[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        peer.WaitForExit();
        Array.Sort(trips);
        return trips[count / 2];
    }

    /// <summary>Copies a second, from one block to another that both stay in the processor's caches.</summary>
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

            return rounds / Stopwatch.GetElapsedTime(start).TotalSeconds;
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
