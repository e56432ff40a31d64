using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Queues whose messages are confirmed: what stays, what comes again and to whom.</summary>
public sealed class ConfirmationTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ReceivedMessage _message = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_message_is_done_when_it_is_confirmed_and_the_queue_is_empty_when_all_are()
    {
        using SharedQueue queue = Create();
        Send(queue, 3);
        ReceivedMessage[] messages = [Receive(queue, 0), Receive(queue, 1), Receive(queue, 2)];
        Assert.Equal((0, 3), (queue.Count, queue.Unconfirmed));
        Assert.False(queue.Receive(_message, Deadline.Now));
        Assert.False(queue.WaitUntilEmpty(Deadline.Now));
        Assert.True(queue.Confirm(messages[2]));
        Assert.True(queue.Confirm(messages[0]));
        Assert.Equal(1, queue.Unconfirmed);
        Assert.False(queue.WaitUntilEmpty(Deadline.Now));
        Assert.True(queue.Confirm(messages[1]));
        Assert.False(queue.Confirm(messages[1]));
        Assert.True(queue.WaitUntilEmpty(Deadline.Now));
        Assert.Equal((0, 0), (queue.Unconfirmed, queue.Bytes));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(10_000)]
    public void What_a_killed_receiver_had_not_confirmed_comes_again_to_one_that_sleeps(int size)
    {
        using SharedQueue queue = Create();
        using var worker = new Peer(_folder, "work", "q", "keep");
        Send(queue, 1, size);
        queue.Send([1, 0, 0, 0, 0, 0, 0, 0], default, Deadline.Never);
        worker.WaitForOutput(16);
        Assert.Equal(2, queue.Unconfirmed);
        Task<bool> receiving = Task.Run(() => queue.Receive(_message, Deadline.Never));
        Assert.False(receiving.Wait(100), "a message of a living receiver was given to another");
        worker.Kill();
        Assert.True(receiving.Wait(TestFolder.Long), "the receiver hangs");
        Check(0, size);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Check(1, 8);
        Assert.Equal(2, _message.Sequence);
        Assert.True(queue.Confirm(_message));

        void Check(int index, int length)
        {
            Assert.Equal((index, length, 2), (BinaryPrimitives.ReadInt32LittleEndian(_message.Body.Span), _message.Length, _message.DeliveryCount));
        }
    }

    [Fact]
    public void A_receiver_that_lets_go_of_the_queue_gives_its_messages_back()
    {
        using SharedQueue queue = Create();
        using var worker = new Peer(_folder, "work", "q", "keep");
        Send(queue, 1);
        worker.WaitForOutput(8);
        queue.Close();
        Assert.True(queue.Receive(_message, Deadline.After(TestFolder.Long)), "the message of a receiver that ended did not come back");
        Assert.Equal(2, _message.DeliveryCount);
        worker.EndWell();
    }

    [Fact]
    public void A_closed_queue_ends_for_a_receiver_when_others_have_confirmed()
    {
        using SharedQueue queue = Create();
        using var worker = new Peer(_folder, "take", "q");
        Send(queue, 1);
        worker.WaitForOutput();
        queue.Close();
        Task<IpcErrorKind?> receiving = Task.Run(() => KindOf(() => queue.Receive(_message, Deadline.Never)));
        Assert.False(receiving.Wait(200), "the queue ended though a living receiver may leave its message");
        worker.Kill();
        Assert.True(receiving.Wait(TestFolder.Long), "the receiver hangs");
        Assert.Null(receiving.Result);
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => queue.Receive(_message, Deadline.Never)));
        Assert.True(queue.Confirm(_message));
    }

    [Fact]
    public void Several_handles_receive_and_confirm_in_turns()
    {
        using SharedQueue first = Create();
        using SharedQueue second = SharedQueue.Open("q", _folder.Directory);
        using SharedQueue third = SharedQueue.Open("q", _folder.Directory);
        var other = new ReceivedMessage();
        for (int i = 0; i < 100; i++)
        {
            Send(first, 1);
            Assert.True(first.Receive(_message, Deadline.Now));
            Send(first, 1);
            Assert.True(second.Receive(other, Deadline.Now));
            Assert.False(third.Receive(new ReceivedMessage(), Deadline.After(TimeSpan.FromMilliseconds(1))));
            Assert.False(third.Waitable.IsReady(out _));
            Assert.True(first.Confirm(_message));
            Assert.True(second.Confirm(other));
        }

        Assert.True(first.WaitUntilEmpty(Deadline.Now));
    }

    [Fact]
    public void Clear_beside_a_sender_leaves_the_queue_whole()
    {
        using SharedQueue queue = Create();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Task<int> sending = Task.Run(() => SendUntil(queue, () => end.IsCancellationRequested));
        Task clearing = Task.Run(() =>
        {
            while (!sending.IsCompleted)
            {
                queue.Clear();
            }
        });
        while (!clearing.IsCompleted)
        {
            if (queue.Receive(_message, Deadline.Now))
            {
                queue.Confirm(_message);
            }
        }

        clearing.Wait();
        queue.Clear(); // What was sent after the last look of the one that clears.
        Assert.True(queue.WaitUntilEmpty(Deadline.Now));
    }

    [Fact]
    public void Clear_ends_the_wait_of_a_receiver_of_a_closed_queue()
    {
        using SharedQueue queue = Create();
        using var worker = new Peer(_folder, "take", "q");
        Send(queue, 1);
        worker.WaitForOutput();
        queue.Close();
        Task<IpcErrorKind?> receiving = Task.Run(() => KindOf(() => queue.Receive(_message, Deadline.Never)));
        Assert.False(receiving.Wait(200));
        Assert.Equal(1, queue.Clear());
        Assert.True(receiving.Wait(TestFolder.Long), "the receiver waits for what was dropped");
        Assert.Equal(IpcErrorKind.Closed, receiving.Result);
        worker.WriteLine();
        worker.EndWell();
    }

    [Fact]
    public void Only_its_receiver_confirms_a_message()
    {
        using SharedQueue queue = Create();
        Send(queue, 1);
        Assert.True(queue.Peek(_message, Deadline.Now));
        Assert.Equal(IpcErrorKind.CorruptData, KindOf(() => queue.Confirm(_message)));
        Assert.Equal(IpcErrorKind.NotOwner, KindOf(() => queue.Confirm(new ReceivedMessage())));
        using var worker = new Peer(_folder, "work", "q", "keep");
        worker.WaitForOutput(8);
        Assert.Equal(IpcErrorKind.NotOwner, KindOf(() => queue.Confirm(_message)));
        using SharedQueue plain = SharedQueue.Create("plain", 4096, directory: _folder.Directory);
        Assert.Equal(IpcErrorKind.NotSupported, KindOf(() => plain.Confirm(_message)));
    }

    [Fact]
    public void Confirmed_messages_make_room_in_whatever_order_and_blocks_go()
    {
        using SharedQueue queue = Create();
        var random = new Random(5);
        List<ReceivedMessage> open = [];
        for (int i = 0; i < 2000; i++)
        {
            int size = random.Next(20) == 0 ? 3000 : random.Next(8, 100);
            if (!queue.Send(new byte[size], default, Deadline.Now) || open.Count > 8)
            {
                int which = random.Next(open.Count);
                Assert.True(queue.Confirm(open[which]));
                open.RemoveAt(which);
            }

            ReceivedMessage message = new();
            if (queue.Receive(message, Deadline.Now))
            {
                open.Add(message);
            }
        }

        open.ForEach(m => Assert.True(queue.Confirm(m)));
        Assert.True(queue.WaitUntilEmpty(Deadline.Now));
        Assert.DoesNotContain(_folder.Files, f => f.StartsWith("psipc.block", StringComparison.Ordinal));
    }

    [Fact]
    public void Clear_drops_what_was_not_confirmed_too()
    {
        using SharedQueue queue = Create();
        Send(queue, 5);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.Equal(5, queue.Clear());
        Assert.False(queue.Confirm(_message));
        Assert.Equal((0, 0), (queue.Count, queue.Unconfirmed));
        Send(queue, 1);
        Assert.True(queue.Receive(_message, Deadline.Now));
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void Workers_killed_at_random_lose_no_message()
    {
        var random = new Random(20261126);
        using SharedQueue queue = Create(capacity: 1 << 14);
        using var stop = new CancellationTokenSource();
        Task<int> sending = Task.Run(() => SendUntil(queue, () => stop.IsCancellationRequested));
        List<Peer> workers = [new(_folder, "work", "q", "confirm"), new(_folder, "work", "q", "confirm")];
        List<int> done = [];
        for (int kill = 0; kill < 25; kill++)
        {
            int which = random.Next(workers.Count);
            workers[which].WaitForOutput(8);
            Thread.Sleep(random.Next(4));
            workers[which].Kill();
            done.AddRange(Indexes(workers[which]));
            workers[which] = new Peer(_folder, "work", "q", "confirm");
        }

        stop.Cancel();
        Assert.True(sending.Wait(TestFolder.Long), "the sender hangs");
        queue.Close();
        workers.ForEach(w => done.AddRange(Indexes(w)));
        Assert.True(queue.WaitUntilEmpty(Deadline.Now));

        // One that was killed between confirming a message and reporting it has done it all the same.
        int missing = Enumerable.Range(0, sending.Result).Except(done).Count();
        Assert.InRange(missing, 0, 25);
        Assert.Equal(done.Count, done.Distinct().Count());
    }

    private static int[] Indexes(Peer worker)
    {
        int[] words = worker.EndWithNumbers();
        return [.. words.Where((_, i) => i % 2 == 0).Take(words.Length / 2)];
    }

    private static void Send(SharedQueue queue, int count, int size = 8)
    {
        byte[] body = new byte[size];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body, i);
            Assert.True(queue.Send(body, default, Deadline.After(TestFolder.Long)));
        }
    }

    private static int SendUntil(SharedQueue queue, Func<bool> isEnough)
    {
        byte[] body = new byte[8];
        int sent = 0;
        for (; !isEnough(); sent++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body, sent);
            Assert.True(queue.Send(body, default, Deadline.After(TestFolder.Long)));
        }

        return sent;
    }

    private static ReceivedMessage Receive(SharedQueue queue, int index)
    {
        var message = new ReceivedMessage();
        Assert.True(queue.Receive(message, Deadline.Now));
        Assert.Equal((index, 1), (BinaryPrimitives.ReadInt32LittleEndian(message.Body.Span), message.DeliveryCount));
        return message;
    }

    private static IpcErrorKind? KindOf(Func<bool> work)
    {
        try
        {
            work();
            return null;
        }
        catch (IpcException e)
        {
            return e.Kind;
        }
    }

    private SharedQueue Create(long capacity = 4096) =>
        SharedQueue.Create("q", capacity, requireConfirmation: true, directory: _folder.Directory);
}
