using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>A channel of the engine between processes, beside Python's, .NET's and the system's, and memcpy, in one run.</summary>
internal sealed class ChannelBenchmark(string kind)
{
    private const double MessageTarget = 20e6;
    private const double BatchTarget = 80e6;
    private const double CopyTarget = 0.8;
    private const double RoundTripTarget = 0.7;
    private const double WakeTarget = 20;
    private const long Capacity = SharedQueue.DefaultCapacity;

    private static readonly (int Size, int Count)[] Sizes =
        [(8, 25_000_000), (64, 25_000_000), (1024, 5_000_000), (65536, 60_000), (1 << 20, 4_000), (16 << 20, 60)];

    public void Run()
    {
        Console.WriteLine($"{kind}: {Environment.ProcessorCount} processors, .NET {Environment.Version}; each figure is the median of five runs");
        Figures.Heading("Throughput, one process to another, one message at a time");
        foreach ((int size, int count) in Sizes)
        {
            OneByOne(size, count);
        }

        Figures.Heading($"Throughput in batches of {ChannelPeer.Batch}, 64 B");
        double batches = Figures.Median(() => Throughput("send-many", 64, 600_000 * ChannelPeer.Batch, new ReceivedBatch(ChannelPeer.Batch)));
        Figures.Row("SendMany, ReceiveMany", "thousand/s", moreIsBetter: true, batches / 1000);
        Figures.Target($"{BatchTarget / 1000:N0} thousand/s", batches >= BatchTarget);
        Several();

        Figures.Heading("Round trip, 64 B");
        double spinning = Figures.Median(() => RoundTrip(200_000, pause: false));
        Figures.Row("there and back at once", "us", moreIsBetter: false, spinning, ("Python Pipe", PythonPeer.RoundTrip(5_000)));
        Figures.Target($"{RoundTripTarget} us", spinning <= RoundTripTarget);
        double woken = Figures.Median(() => RoundTrip(300, pause: true));
        Figures.Row("each side woken from sleep", "us", moreIsBetter: false, woken, ("Python Pipe", PythonPeer.WokenRoundTrip(300)));
        Figures.Target($"{WakeTarget} us", woken <= WakeTarget);

        Figures.Heading("Allocations");
        Console.WriteLine($"  bytes a message, sent and received: {Allocations():N3}");
    }

    private void OneByOne(int size, int count)
    {
        double ours = Figures.Median(() => Throughput("send", size, count, null));
        int others = Math.Min(count, 200_000);
        int python = Math.Min(count, size > 65536 ? 300 : 20_000);
        Figures.Row(
            $"{size:N0} B",
            "thousand/s",
            moreIsBetter: true,
            ours / 1000,
            (".NET anonymous pipe", Figures.Median(() => StreamPeer.PipeThroughput(size, others)) / 1000),
            ("Unix socket", Figures.Median(() => StreamPeer.SocketThroughput(size, others)) / 1000),
            ("Python Pipe.send_bytes", PythonPeer.Throughput("pipe", size, python) / 1000),
            ("Python SimpleQueue", PythonPeer.Throughput("simple", size, python) / 1000),
            ("Python Queue", PythonPeer.Throughput("queue", size, python) / 1000));
        if (size == 64)
        {
            Figures.Target($"{MessageTarget / 1000:N0} thousand/s", ours >= MessageTarget);
        }
        else if (size >= 65536)
        {
            double copies = Figures.Median(() => StreamPeer.MemoryCopy(size));
            Figures.Row("the same in bytes", "GiB/s", moreIsBetter: true, ours * size / (1 << 30), ("memcpy", copies * size / (1 << 30)));
            if (size == 1 << 20)
            {
                Figures.Target($"{CopyTarget:P0} of memcpy", ours >= CopyTarget * copies);
            }
        }
    }

    private void Several()
    {
        (int Senders, int Receivers)[] cases = kind switch
        {
            "queue" => [(2, 1), (1, 2), (2, 2)],
            "topic" => [(1, 2), (2, 1), (2, 2)],
            _ => [],
        };
        if (cases.Length > 0)
        {
            Figures.Heading($"Throughput, several processes, 64 B one by one: messages through the {kind}");
        }

        foreach ((int senders, int receivers) in cases)
        {
            double rate = Figures.Median(() => SeveralThroughput(senders, receivers, 64, 4_000_000));
            Figures.Row($"{senders} to {receivers}", "thousand/s", moreIsBetter: true, rate / 1000);
        }
    }

    /// <summary>Messages a second, once both programs are compiled.</summary>
    private double Throughput(string verb, int size, int count, ReceivedBatch? batch)
    {
        using Channel channel = Channel.Create(kind, Capacity);
        using Process peer = StartSender(verb, channel, count, size);
        var message = new ReceivedMessage();
        int chunk = Math.Min(ChannelPeer.Chunk, count / 10);
        int received = 0;
        int from = 0;
        long start = 0;
        while (received < count)
        {
            received += batch is null
                ? Receive(channel.Receiver, message, Math.Min(chunk, count - received))
                : Receive(channel.Receiver, batch, Math.Min(chunk, count - received));

            if (from == 0 && received > count / 5)
            {
                from = received;
                start = Stopwatch.GetTimestamp();
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        End(peer);
        return (count - from) / seconds;
    }

    /// <summary>Messages a second through the channel, whoever receives them: by the sequence numbers that this process sees.</summary>
    private double SeveralThroughput(int senders, int receivers, int size, int countOfEach)
    {
        using Channel channel = Channel.Create(kind, Capacity);
        using Channel ready = Channel.Create("queue");
        List<Process> peers = [];
        var message = new ReceivedMessage();
        for (int i = 1; i < receivers; i++)
        {
            peers.Add(ChannelPeer.Start("receive", channel.Address, ready.Address, 0, 0));
            ready.Receiver.Receive(message, Deadline.Never);
        }

        Process[] sending = [.. Enumerable.Range(0, senders).Select(_ => StartSender("send", channel, countOfEach, size))];
        Task closing = Task.Run(() =>
        {
            Array.ForEach(sending, p => p.WaitForExit());
            channel.Sender.Close();
        });
        long total = (long)senders * countOfEach;
        long from = 0;
        long start = 0;
        long last = 0;
        long end = 0;
        while (TryReceive(channel.Receiver, message))
        {
            if (from == 0 && message.Sequence > total / 5)
            {
                from = message.Sequence;
                start = Stopwatch.GetTimestamp();
            }

            last = message.Sequence;
            end = Stopwatch.GetTimestamp();
        }

        closing.Wait();
        peers.ForEach(p => p.WaitForExit());
        return (last - from) / Stopwatch.GetElapsedTime(start, end).TotalSeconds;
    }

    // In chunks, so that the runtime compiles the loop as it does that of a program that has been running for a while.
    private static int Receive(IMessageReceiver from, ReceivedMessage message, int count)
    {
        for (int i = 0; i < count; i++)
        {
            from.Receive(message, Deadline.Never);
        }

        return count;
    }

    private static int Receive(IMessageReceiver from, ReceivedBatch batch, int count)
    {
        int received = 0;
        while (received < count)
        {
            from.ReceiveMany(batch, Deadline.Never);
            received += batch.Count;
        }

        return received;
    }

    private static bool TryReceive(IMessageReceiver receiver, ReceivedMessage message)
    {
        try
        {
            return receiver.Receive(message, Deadline.Never);
        }
        catch (Core.IpcException e) when (e.Kind == Core.IpcErrorKind.Closed)
        {
            return false;
        }
    }

    /// <summary>Microseconds there and back, the median trip; with a pause before each, long enough for the other side to fall asleep.</summary>
    private double RoundTrip(int count, bool pause)
    {
        using Channel there = Channel.Create(kind, receives: false);
        using Channel back = Channel.Create(kind);
        int warmUp = pause ? 100 : count / 5;
        using Process peer = StartPeer("echo", there.Address, back.Address, count + warmUp, 64);
        byte[] body = new byte[64];
        var message = new ReceivedMessage();
        back.Receiver.Receive(message, Deadline.Never);
        double[] trips = new double[count];
        for (int i = -warmUp; i < count; i++)
        {
            if (pause)
            {
                Thread.Sleep(1);
            }

            long start = Stopwatch.GetTimestamp();
            there.Sender.Send(body, default, Deadline.Never);
            back.Receiver.Receive(message, Deadline.Never);
            if (i >= 0)
            {
                trips[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        End(peer);
        Array.Sort(trips);
        return trips[count / 2];
    }

    private double Allocations()
    {
        const int Count = 100_000;
        using Channel channel = Channel.Create(kind);
        byte[] body = new byte[64];
        var message = new ReceivedMessage();
        long before = 0;
        for (int i = -1000; i < Count; i++)
        {
            if (i == 0)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            channel.Sender.Send(body, default, Deadline.Never);
            channel.Receiver.Receive(message, Deadline.Never);
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Count;
    }

    private static Process StartSender(string verb, Channel channel, int count, int size) => StartPeer(verb, channel.Address, count, size);

    private static Process StartPeer(params object[] words) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["--peer", .. words.Select(w => w.ToString()!)]) { RedirectStandardInput = true })!;

    /// <summary>Lets a peer go that keeps its end of a pipe until all is received.</summary>
    private static void End(Process peer)
    {
        peer.StandardInput.Close();
        peer.WaitForExit();
    }
}
