using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Processes killed at random moments, in the middle of their work: 200 in all.</summary>
[Trait("Tier", "Long")]
public sealed class ChaosTests : IDisposable
{
    private const int Many = 100_000_000;

    private readonly TestFolder _folder = new();
    private readonly Random _random = new(20261123);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(16, 1 << 16, 60)]
    [InlineData(3000, 4096, 20)]
    public void A_killed_sender_has_sent_a_message_or_has_not(int size, int capacity, int kills)
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity, directory: _folder.Directory);
        List<int>[] received = Enumerable.Range(0, kills).Select(_ => new List<int>()).ToArray();
        using var stop = new CancellationTokenSource();
        Task receiving = Task.Run(() => ReceiveAll(queue, received, stop.Token));
        for (int round = 0; round < kills; round++)
        {
            using var sender = new Peer(_folder, "send", "q", round, Many, size, "report");
            sender.WaitForOutput();
            Thread.Sleep(_random.Next(20));
            sender.Kill();
            int[] reported = sender.EndWithNumbers();
            Assert.True(SpinWait.SpinUntil(() => queue.Count == 0, TestFolder.Long), "the queue is not drained");
            Assert.True(SpinWait.SpinUntil(() => CountOf(received[round]) >= reported.Length, TestFolder.Long), "a message that was sent was lost");
            Assert.InRange(CountOf(received[round]), reported.Length, reported.Length + 1);
        }

        stop.Cancel();
        Assert.True(receiving.Wait(TestFolder.Long));
        Assert.All(received, r => Assert.Equal(Enumerable.Range(0, r.Count), r));
        NothingIsLeft(queue);
    }

    [Theory]
    [InlineData(16, 1 << 16, 60)]
    [InlineData(3000, 4096, 20)]
    public void A_killed_receiver_takes_at_most_one_message_along(int size, int capacity, int kills)
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity, directory: _folder.Directory);
        using var stop = new CancellationTokenSource();
        int sent = 0;
        Task sending = Task.Run(() =>
        {
            byte[] body = new byte[size];
            for (; !stop.IsCancellationRequested; sent++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), sent);
                Assert.True(queue.Send(body, default, Deadline.After(TestFolder.Long)), "the sender hangs");
            }
        });
        var received = new List<int>();
        for (int round = 0; round < kills; round++)
        {
            using var receiver = new Peer(_folder, "receive", "q");
            receiver.WaitForOutput();
            Thread.Sleep(_random.Next(20));
            receiver.Kill();
            received.AddRange(Indexes(receiver.EndWithNumbers()));
        }

        stop.Cancel();
        var message = new ReceivedMessage();
        while (!sending.IsCompleted || queue.Count > 0)
        {
            if (queue.Receive(message, Deadline.After(TimeSpan.FromMilliseconds(100))))
            {
                received.Add(BinaryPrimitives.ReadInt32LittleEndian(message.Body.Span[4..]));
            }
        }

        Assert.Null(sending.Exception);
        Assert.Equal(received.Count, received.Distinct().Count());
        Assert.Equal(received.Order(), received);
        Assert.InRange(sent - received.Count, 0, kills);
        NothingIsLeft(queue);
    }

    [Fact]
    public void After_both_are_killed_the_next_ones_go_on()
    {
        const int Rounds = 20;
        using SharedQueue queue = SharedQueue.Create("q", 1 << 14, directory: _folder.Directory);
        for (int round = 0; round < Rounds; round++)
        {
            using var receiver = new Peer(_folder, "receive", "q");
            using var sender = new Peer(_folder, "send", "q", round, Many, _random.Next(8, 12_000), "report");
            receiver.WaitForOutput();
            Thread.Sleep(_random.Next(20));
            (Peer first, Peer second) = _random.Next(2) == 0 ? (sender, receiver) : (receiver, sender);
            first.Kill();
            second.Kill();
            int reported = sender.EndWithNumbers().Length;
            int taken = Indexes(receiver.EndWithNumbers()).Length;

            var message = new ReceivedMessage();
            int left = 0;
            while (queue.Receive(message, Deadline.Now))
            {
                left++;
            }

            Assert.InRange(taken + left, reported - 1, reported + 1);
            Assert.True(queue.Send("on"u8, default, Deadline.After(TestFolder.Long)));
            Assert.True(queue.Receive(message, Deadline.After(TestFolder.Long)));
        }

        NothingIsLeft(queue);
    }

    private static int[] Indexes(int[] numbers) => numbers.Where((_, i) => i % 2 == 1).ToArray();

    private static int CountOf(List<int> list)
    {
        lock (list)
        {
            return list.Count;
        }
    }

    private static void ReceiveAll(SharedQueue queue, List<int>[] received, CancellationToken stop)
    {
        var message = new ReceivedMessage();
        try
        {
            while (queue.Receive(message, Deadline.Never, stop))
            {
                List<int> list = received[BinaryPrimitives.ReadInt32LittleEndian(message.Body.Span)];
                lock (list)
                {
                    list.Add(BinaryPrimitives.ReadInt32LittleEndian(message.Body.Span[4..]));
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void NothingIsLeft(SharedQueue queue)
    {
        queue.Dispose();
        Sweep.Run(_folder.Directory, everything: true);
        Assert.Empty(_folder.Files);
    }
}
