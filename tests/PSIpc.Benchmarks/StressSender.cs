using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>Sends messages of every size in every way for some seconds: id, index, then bytes that follow from the index.</summary>
internal static class StressSender
{
    private const int LargestSmall = 3000;
    private const int LargestLarge = 200_000;
    private const int LargeOneIn = 3000;
    private const int LargestBatch = 20;
    private const int HeaderSize = 8;

    public static void Run(SharedQueue queue, int id, int seconds)
    {
        var random = new Random(id);
        byte[] bytes = new byte[LargestLarge];
        int[] lengths = new int[LargestBatch];
        long start = Stopwatch.GetTimestamp();
        int index = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            if (random.Next(4) == 0)
            {
                index += SendBatch(queue, random, id, index, bytes, lengths);
                continue;
            }

            int size = random.Next(LargeOneIn) == 0 ? random.Next(LargestSmall, LargestLarge) : random.Next(HeaderSize, LargestSmall);
            Fill(bytes.AsSpan(0, size), id, index);
            index += TrySend(queue, random, bytes.AsSpan(0, size)) ? 1 : 0;
        }

        Console.WriteLine($"sent {index}");
    }

    /// <summary>Whether the bytes of a message are those that its index asks for.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> body)
    {
        byte expected = (byte)BinaryPrimitives.ReadInt32LittleEndian(body[4..]);
        return body[HeaderSize..].IndexOfAnyExcept(expected) < 0;
    }

    private static void Fill(Span<byte> body, int id, int index)
    {
        BinaryPrimitives.WriteInt32LittleEndian(body, id);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], index);
        body[HeaderSize..].Fill((byte)index);
    }

    private static int SendBatch(SharedQueue queue, Random random, int id, int index, byte[] bytes, int[] lengths)
    {
        int count = random.Next(1, LargestBatch);
        int used = 0;
        for (int i = 0; i < count; i++)
        {
            lengths[i] = random.Next(HeaderSize, LargestSmall);
            Fill(bytes.AsSpan(used, lengths[i]), id, index + i);
            used += lengths[i];
        }

        return queue.SendMany(bytes.AsSpan(0, used), lengths.AsSpan(0, count), default, Deadline.After(TimeSpan.FromMilliseconds(random.Next(20))));
    }

    private static bool TrySend(SharedQueue queue, Random random, ReadOnlySpan<byte> body)
    {
        switch (random.Next(10))
        {
            case 0:
                return queue.Send(body, default, Deadline.Now);
            case 1:
                return queue.Send(body, default, Deadline.After(TimeSpan.FromMilliseconds(1)));
            case 2 when random.Next(50) == 0:
                using (var cancellation = new CancellationTokenSource(1))
                {
                    try
                    {
                        return queue.Send(body, default, Deadline.Never, cancellation.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        return false;
                    }
                }

            default:
                return queue.Send(body, default, Deadline.Never);
        }
    }
}
