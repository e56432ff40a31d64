using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Several messages under one lock.</summary>
public sealed class BatchTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_and_single_messages_of_every_size_keep_their_order()
    {
        using SharedQueue queue = Create();
        var random = new Random(5);
        int[] lengths = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(20) == 0 ? random.Next(9000) : random.Next(200))];
        byte[] bodies = new byte[lengths.Sum()];
        random.NextBytes(bodies);
        Task sending = Task.Run(() =>
        {
            int at = 0;
            for (int i = 0; i < lengths.Length;)
            {
                int[] some = lengths[i..Math.Min(lengths.Length, i + random.Next(1, 40))];
                int bytes = some.Sum();
                Assert.Equal(some.Length, queue.SendMany(bodies.AsSpan(at, bytes), some, new MessageStamp(3, 9), Deadline.After(TestFolder.Long)));
                i += some.Length;
                at += bytes;
            }
        });
        var batch = new ReceivedBatch(16);
        int received = 0;
        int position = 0;
        while (received < lengths.Length)
        {
            Assert.True(queue.ReceiveMany(batch, Deadline.After(TestFolder.Long)));
            Assert.InRange(batch.Count, 1, 16);
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.True(batch.Body(i).Span.SequenceEqual(bodies.AsSpan(position, lengths[received])));
                Assert.Equal(++received, batch.Sequence(i));
                Assert.Equal(new MessageStamp(3, 9), batch.Stamp(i));
                Assert.Equal(Environment.ProcessId, batch.SenderId(i));
                position += batch.Body(i).Length;
            }
        }

        Assert.True(sending.Wait(TestFolder.Long));
        Assert.Equal((0, 0), (queue.Count, queue.Bytes));
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void A_batch_that_finds_too_little_room_says_how_many_were_sent()
    {
        using SharedQueue queue = Create(maxCount: 5);
        int[] lengths = [1, 1, 1, 1, 1, 1, 1];
        Assert.Equal(5, queue.SendMany([1, 2, 3, 4, 5, 6, 7], lengths, default, Deadline.Now));
        Assert.Equal(0, queue.SendMany([8], [1], default, Deadline.Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.SendMany([1], [1, 1], default, Deadline.Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => queue.SendMany([1], [-1], default, Deadline.Now));
        var batch = new ReceivedBatch(3);
        Assert.True(queue.ReceiveMany(batch, Deadline.Now));
        Assert.Equal([1, 2, 3], Enumerable.Range(0, batch.Count).Select(i => batch.Body(i).Span[0]));
        queue.Close();
        Assert.True(queue.ReceiveMany(batch, Deadline.Now));
        Assert.Equal(2, batch.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Body(2));
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => queue.ReceiveMany(batch, Deadline.Now)).Kind);
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void Batches_of_several_senders_and_receivers_arrive_once_each()
    {
        using SharedQueue queue = Create(1 << 14);
        const int Rounds = 3000;
        const int Size = 32;
        int[] seen = new int[3 * Rounds * Size];
        Task[] senders = [.. Enumerable.Range(0, 3).Select(s => Task.Run(() =>
        {
            int[] lengths = [.. Enumerable.Repeat(4, Size)];
            for (int round = 0; round < Rounds; round++)
            {
                int[] numbers = [.. Enumerable.Range(((s * Rounds) + round) * Size, Size)];
                queue.SendMany(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()), lengths, default, Deadline.Never);
            }
        }))];
        Task[] receivers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var batch = new ReceivedBatch(50);
            try
            {
                while (queue.ReceiveMany(batch, Deadline.Never))
                {
                    for (int i = 0; i < batch.Count; i++)
                    {
                        Interlocked.Increment(ref seen[BitConverter.ToInt32(batch.Body(i).Span)]);
                    }
                }
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
            {
            }
        }))];
        Assert.True(Task.WaitAll(senders, TestFolder.Long));
        queue.Close();
        Assert.True(Task.WaitAll(receivers, TestFolder.Long));
        Assert.All(seen, n => Assert.Equal(1, n));
    }

    private SharedQueue Create(long capacity = 4096, long maxCount = 0) => SharedQueue.Create("q", capacity, maxCount, directory: _folder.Directory);
}
