using System.ComponentModel;
using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>The two sides of Measure-IpcChannel: one that sends and measures, one in another process that receives or sends back.</summary>
/// <remarks>A phase begins with a message of one byte that says what the other side is to do, and ends with an empty one, which it answers.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ChannelMeter
{
    private const byte Echo = 1;
    private const byte OneByOne = 2;
    private const byte Batches = 3;
    private const int BatchSize = 64;
    private const int CopyRounds = 5;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>The other side: does what it is told until the channel is closed.</summary>
    /// <param name="from">Where it is told.</param>
    /// <param name="to">Where it answers.</param>
    public static void Serve(IpcChannel from, IpcChannel to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var message = new ReceivedMessage();
        var batch = new ReceivedBatch();
        try
        {
            while (from.Receiver.Receive(message, Deadline.Never))
            {
                ServePhase(from.Receiver, to.Sender, message.Body.Span[0], message, batch);
                to.Sender.Send([], default, Deadline.Never);
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            // Measured.
        }
    }

    /// <summary>Measures a channel whose other side is served.</summary>
    internal static IpcChannelSpeed Measure(IpcChannel to, IpcChannel from, string kind, int size, TimeSpan duration, CancellationToken cancellation)
    {
        byte[] body = new byte[size];
        Throughput(to.Sender, from.Receiver, OneByOne, body, WarmUp, cancellation);
        Throughput(to.Sender, from.Receiver, Batches, body, WarmUp, cancellation);
        RoundTrip(to.Sender, from.Receiver, body, WarmUp, TimeSpan.Zero, cancellation);
        double messages = Throughput(to.Sender, from.Receiver, OneByOne, body, duration, cancellation);
        return new IpcChannelSpeed
        {
            Kind = kind,
            Size = size,
            MessagesPerSecond = Math.Round(messages),
            MessagesPerSecondInBatches = Math.Round(Throughput(to.Sender, from.Receiver, Batches, body, duration, cancellation)),
            BytesPerSecond = Math.Round(messages * size),
            CopiedBytesPerSecond = Math.Round(Copy(size)),
            RoundTripMicroseconds = RoundTrip(to.Sender, from.Receiver, body, duration, TimeSpan.Zero, cancellation),
            WokenRoundTripMicroseconds = RoundTrip(to.Sender, from.Receiver, body, duration, Pause, cancellation),
        };
    }

    private static void ServePhase(IMessageReceiver from, IMessageSender to, byte phase, ReceivedMessage message, ReceivedBatch batch)
    {
        bool isOver = false;
        while (!isOver)
        {
            if (phase == Batches)
            {
                from.ReceiveMany(batch, Deadline.Never);
                isOver = batch.Body(batch.Count - 1).Length == 0;
                continue;
            }

            from.Receive(message, Deadline.Never);
            isOver = message.Length == 0;
            if (phase == Echo && !isOver)
            {
                to.Send(message.Body.Span, default, Deadline.Never);
            }
        }
    }

    /// <summary>Messages a second, from the first send until the other side has received the last.</summary>
    private static double Throughput(IMessageSender to, IMessageReceiver from, byte phase, byte[] body, TimeSpan duration, CancellationToken cancellation)
    {
        byte[] bodies = new byte[(long)body.Length * BatchSize];
        int[] lengths = [.. Enumerable.Repeat(body.Length, BatchSize)];
        to.Send([phase], default, Deadline.Never, cancellation);
        long start = Stopwatch.GetTimestamp();
        long sent = 0;
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            if (phase == Batches)
            {
                sent += to.SendMany(bodies, lengths, default, Deadline.Never, cancellation);
                continue;
            }

            for (int i = 0; i < BatchSize; i++, sent++)
            {
                to.Send(body, default, Deadline.Never, cancellation);
            }
        }

        EndPhase(to, from, cancellation);
        return sent / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The median time there and back, in microseconds; after a pause before each, long enough to fall asleep.</summary>
    private static double RoundTrip(
        IMessageSender to, IMessageReceiver from, byte[] body, TimeSpan duration, TimeSpan pause, CancellationToken cancellation)
    {
        var trips = new List<double>();
        var message = new ReceivedMessage();
        to.Send([Echo], default, Deadline.Never, cancellation);
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            if (pause > TimeSpan.Zero)
            {
                Thread.Sleep(pause);
            }

            long start = Stopwatch.GetTimestamp();
            to.Send(body, default, Deadline.Never, cancellation);
            from.Receive(message, Deadline.Never, cancellation);
            trips.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        EndPhase(to, from, cancellation);
        trips.Sort();
        return Math.Round(trips[trips.Count / 2], 2);
    }

    private static void EndPhase(IMessageSender to, IMessageReceiver from, CancellationToken cancellation)
    {
        to.Send([], default, Deadline.Never, cancellation);
        from.Receive(new ReceivedMessage(), Deadline.Never, cancellation);
    }

    /// <summary>Bytes a second that one thread copies from one place to another, both of which stay in the processor's caches: the best of five.</summary>
    private static double Copy(int size)
    {
        const int Bytes = 1 << 26;
        byte[] from = new byte[size];
        byte[] to = new byte[size];
        double best = 0;
        for (int round = 0; round < CopyRounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int copied = 0; copied < Bytes; copied += size)
            {
                from.AsSpan().CopyTo(to);
            }

            best = Math.Max(best, Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
