using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>Receives in every way until the queue is closed, and checks that messages are whole and each sender's in order.</summary>
internal static class StressReceiver
{
    /// <summary>Prints for each sender how many messages came, and the sums of their indexes and of the squares, then bytes, errors and the longest wait.</summary>
    public static int Run(SharedQueue queue, int seed)
    {
        var tally = new Tally();
        var random = new Random(seed);
        var message = new ReceivedMessage();
        var batch = new ReceivedBatch(64, 1 << 18);
        Console.WriteLine("ready");
        try
        {
            while (true)
            {
                if (random.Next(4) == 0)
                {
                    Deadline deadline = random.Next(3) == 0 ? Deadline.After(TimeSpan.FromMilliseconds(1)) : Deadline.Never;
                    if (queue.ReceiveMany(batch, deadline))
                    {
                        for (int i = 0; i < batch.Count; i++)
                        {
                            tally.Add(batch.Body(i).Span);
                        }
                    }
                }
                else if (TryReceive(queue, random, message))
                {
                    tally.Add(message.Body.Span);
                }
            }
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            tally.Print();
            return tally.Errors == 0 ? 0 : 1;
        }
    }

    private static bool TryReceive(SharedQueue queue, Random random, ReceivedMessage message)
    {
        switch (random.Next(10))
        {
            case 0:
                return queue.Receive(message, Deadline.Now);
            case 1:
                queue.Peek(message, Deadline.Now);
                return false;
            case 2 when random.Next(50) == 0:
                using (var cancellation = new CancellationTokenSource(1))
                {
                    try
                    {
                        return queue.Receive(message, Deadline.Never, cancellation.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        return false;
                    }
                }

            default:
                return queue.Receive(message, Deadline.Never);
        }
    }

    private sealed class Tally
    {
        private readonly Dictionary<int, (long Count, ulong Sum, ulong Squares, int Last)> _senders = [];
        private long _bytes;
        private long _lastTime = Stopwatch.GetTimestamp();
        private TimeSpan _longest;
        private bool _begun;

        public int Errors { get; private set; }

        public void Add(ReadOnlySpan<byte> body)
        {
            int sender = BinaryPrimitives.ReadInt32LittleEndian(body);
            int index = BinaryPrimitives.ReadInt32LittleEndian(body[4..]);
            (long count, ulong sum, ulong squares, int last) = _senders.TryGetValue(sender, out (long, ulong, ulong, int) known) ? known : (0, 0, 0, -1);
            Errors += index <= last || !StressSender.IsWhole(body) ? 1 : 0;
            _senders[sender] = (count + 1, sum + (ulong)index, squares + ((ulong)index * (ulong)index), index);
            _bytes += body.Length;
            long now = Stopwatch.GetTimestamp();
            TimeSpan wait = Stopwatch.GetElapsedTime(_lastTime, now);
            _longest = _begun && wait > _longest ? wait : _longest;
            (_lastTime, _begun) = (now, true);
        }

        public void Print()
        {
            foreach ((int sender, (long count, ulong sum, ulong squares, _)) in _senders)
            {
                Console.WriteLine($"from {sender} {count} {sum} {squares}");
            }

            Console.WriteLine($"bytes {_bytes}");
            Console.WriteLine($"errors {Errors}");
            Console.WriteLine($"longest {_longest.TotalMilliseconds:F0}");
        }
    }
}
