using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedQueueTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ReceivedMessage _message = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Messages_arrive_in_order_with_what_the_sender_noted()
    {
        using SharedQueue queue = Create();
        var stamp = MessageStamp.Now(7);
        queue.Send("one"u8, stamp, Deadline.Never);
        queue.Send(""u8, default, Deadline.Never);

        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.Equal("one"u8.ToArray(), _message.Body.ToArray());
        Assert.Equal(stamp, _message.Stamp);
        Assert.Equal(1, _message.Sequence);
        Assert.Equal(Environment.ProcessId, _message.SenderId);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.Equal(0, _message.Length);
        Assert.Equal(2, _message.Sequence);
        Assert.Null(_message.Stamp.SentAtUtc);
        Assert.False(queue.Receive(_message, Deadline.Now));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_message_in_a_file_of_its_own_leaves_nothing_behind(bool many)
    {
        using SharedQueue queue = Create();
        string[] before = _folder.Files;
        byte[] word = Guid.NewGuid().ToByteArray();
        MessageStamp stamp = MessageStamp.Now(7) with { InOwnFile = true };
        if (many)
        {
            Assert.Equal(2, queue.SendMany([.. word, .. word], [16, 16], stamp, Deadline.Never));
        }
        else
        {
            queue.Send(word, stamp, Deadline.Never);
            queue.Send(word, stamp, Deadline.Never);
        }

        Assert.Equal(before.Length + 2, _folder.Files.Length);
        for (int i = 1; i <= 2; i++)
        {
            Assert.True(queue.Receive(_message, Deadline.Now));
            Assert.Equal(word, _message.Body.ToArray());
            Assert.Equal(7, _message.Stamp.Format);
        }

        Assert.Equal(before, _folder.Files);
        Assert.All(_folder.Files, f => Assert.Equal(-1, File.ReadAllBytes(Path.Combine(_folder.Directory.FullPath, f)).AsSpan().IndexOf(word)));
    }

    [Fact]
    public void Sizes_around_every_border_of_the_ring_arrive_whole()
    {
        using SharedQueue queue = Create(capacity: 4096);
        var random = new Random(1);
        for (int round = 0; round < 3; round++)
        {
            for (int size = 0; size < 6000; size += random.Next(1, 37))
            {
                byte[] body = new byte[size];
                random.NextBytes(body);
                Assert.True(queue.Send(body, default, Deadline.Never));
                Assert.True(queue.Receive(_message, Deadline.Now));
                Assert.Equal(body, _message.Body.ToArray());
            }
        }

        Assert.Equal(0, queue.Bytes);
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void A_message_of_100_MB_travels_in_a_block_that_is_gone_afterwards()
    {
        using SharedQueue queue = Create();
        byte[] body = new byte[100 << 20];
        new Random(2).NextBytes(body);
        Assert.True(queue.Send(body, default, Deadline.Never));
        Assert.Equal(2, _folder.Files.Length);
        Assert.True(queue.Bytes > body.Length);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.True(body.AsSpan().SequenceEqual(_message.Body.Span));
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void Blocks_are_bounded_by_the_capacity_too()
    {
        using SharedQueue queue = Create(capacity: 8192);
        byte[] large = new byte[7000];
        Assert.True(queue.Send(large, default, Deadline.Now));
        Assert.False(queue.Send(large, default, Deadline.Now));
        Assert.Equal(2, _folder.Files.Length);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.True(queue.Send(large, default, Deadline.Now));
    }

    [Fact]
    public void A_full_queue_refuses_until_there_is_room()
    {
        using SharedQueue queue = Create(capacity: 4096);
        int sent = 0;
        while (queue.Send(new byte[100], default, Deadline.Now))
        {
            sent++;
        }

        Assert.Equal(sent, queue.Count);
        Assert.False(queue.Send(new byte[100], default, Deadline.After(TimeSpan.FromMilliseconds(30))));
        Task<bool> blocked = Task.Run(() => queue.Send(new byte[100], default, Deadline.Never));
        Assert.False(blocked.Wait(50));
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.True(blocked.Wait(TestFolder.Long));
        Assert.Equal(sent, queue.Count);
    }

    [Fact]
    public void MaxCount_bounds_the_messages()
    {
        using SharedQueue queue = Create(maxCount: 2);
        Assert.True(queue.Send("a"u8, default, Deadline.Now));
        Assert.True(queue.Send("b"u8, default, Deadline.Now));
        Assert.False(queue.Send("c"u8, default, Deadline.Now));
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.True(queue.Send("c"u8, default, Deadline.Now));
    }

    [Fact]
    public void Cancellation_ends_a_wait_to_receive_and_a_wait_to_send()
    {
        using SharedQueue queue = Create(maxCount: 1);
        using var receiving = new CancellationTokenSource();
        Task receive = Task.Run(() => queue.Receive(new ReceivedMessage(), Deadline.Never, receiving.Token));
        Assert.False(receive.Wait(50));
        receiving.Cancel();
        Assert.IsType<OperationCanceledException>(Assert.Throws<AggregateException>(() => receive.Wait(TestFolder.Long)).InnerException);

        queue.Send("a"u8, default, Deadline.Never);
        using var sending = new CancellationTokenSource();
        Task send = Task.Run(() => queue.Send("b"u8, default, Deadline.Never, sending.Token));
        Assert.False(send.Wait(50));
        sending.Cancel();
        Assert.IsType<OperationCanceledException>(Assert.Throws<AggregateException>(() => send.Wait(TestFolder.Long)).InnerException);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void A_closed_queue_is_drained_then_says_so()
    {
        using SharedQueue queue = Create();
        queue.Send("a"u8, default, Deadline.Never);
        queue.Close();
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => queue.Send("b"u8, default, Deadline.Never)).Kind);
        Assert.True(queue.Receive(_message, Deadline.Never));
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => queue.Receive(_message, Deadline.Never)).Kind);
    }

    [Theory]
    [InlineData("close")]
    [InlineData("remove")]
    [InlineData("dispose")]
    public void Who_waits_learns_that_the_queue_ends(string how)
    {
        SharedQueue queue = Create();
        Task receive = Task.Run(() => queue.Receive(new ReceivedMessage(), Deadline.Never));
        Assert.False(receive.Wait(50));
        switch (how)
        {
            case "close":
                queue.Close();
                break;
            case "remove":
                queue.Remove();
                break;
            default:
                queue.Dispose();
                break;
        }

        var error = Assert.IsType<IpcException>(Assert.Throws<AggregateException>(() => receive.Wait(TestFolder.Long)).InnerException);
        Assert.Equal(IpcErrorKind.Closed, error.Kind);
        queue.Dispose();
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void Peek_leaves_the_message()
    {
        using SharedQueue queue = Create(capacity: 4096);
        queue.Send(new byte[5000], default, Deadline.Never);
        Assert.True(queue.Peek(_message, Deadline.Now));
        Assert.Equal(5000, _message.Length);
        Assert.Equal(1, queue.Count);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.Equal(1, _message.Sequence);
    }

    [Fact]
    public void Clear_drops_messages_and_blocks()
    {
        using SharedQueue queue = Create(capacity: 4096);
        queue.Send("a"u8, default, Deadline.Never);
        queue.Send(new byte[5000], default, Deadline.Never);
        Assert.Equal(2, queue.Clear());
        Assert.Equal((0, 0), (queue.Count, queue.Bytes));
        Assert.Single(_folder.Files);
        queue.Send("b"u8, default, Deadline.Never);
        Assert.True(queue.Receive(_message, Deadline.Now));
        Assert.Equal(3, _message.Sequence);
    }

    [Fact]
    public void WaitUntilEmpty_ends_when_the_last_message_is_received()
    {
        using SharedQueue queue = Create();
        Assert.True(queue.WaitUntilEmpty(Deadline.Now));
        queue.Send("a"u8, default, Deadline.Never);
        Assert.False(queue.WaitUntilEmpty(Deadline.After(TimeSpan.FromMilliseconds(30))));
        Task<bool> empty = Task.Run(() => queue.WaitUntilEmpty(Deadline.Never));
        Assert.False(empty.Wait(50));
        queue.Receive(_message, Deadline.Now);
        Assert.True(empty.Wait(TestFolder.Long));
    }

    [Fact]
    public void Four_threads_each_way_receive_everything_once_and_in_order()
    {
        using SharedQueue queue = Create(capacity: 4096);
        const int Each = 20_000;
        var seen = new int[4, Each];
        Task[] senders = Enumerable.Range(0, 4).Select(s => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                queue.Send(BitConverter.GetBytes(((long)s << 32) | (uint)i), default, Deadline.Never);
            }
        })).ToArray();
        Task[] receivers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var message = new ReceivedMessage();
            int[] last = [-1, -1, -1, -1];
            try
            {
                while (queue.Receive(message, Deadline.Never))
                {
                    long value = BitConverter.ToInt64(message.Body.Span);
                    (int s, int i) = ((int)(value >> 32), (int)value);
                    Assert.True(i > last[s]);
                    last[s] = i;
                    Interlocked.Increment(ref seen[s, i]);
                }
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
            {
            }
        })).ToArray();
        Assert.True(Task.WaitAll(senders, TestFolder.Long));
        queue.Close();
        Assert.True(Task.WaitAll(receivers, TestFolder.Long));
        Assert.All(seen.Cast<int>(), n => Assert.Equal(1, n));
    }

    [Fact]
    public void Sending_and_receiving_allocates_nothing()
    {
        using SharedQueue queue = Create();
        byte[] body = new byte[64];
        for (int i = 0; i < 1000; i++)
        {
            queue.Send(body, default, Deadline.Never);
            queue.Receive(_message, Deadline.Never);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            queue.Send(body, default, Deadline.Never);
            queue.Receive(_message, Deadline.Never);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ü")]
    public void A_name_that_is_none_is_refused(string name) =>
        Assert.Equal(IpcErrorKind.InvalidName, Assert.Throws<IpcException>(() => SharedQueue.Create(name, directory: _folder.Directory)).Kind);

    [Fact]
    public void Names_are_unique_and_looked_up()
    {
        using SharedQueue queue = Create("jobs");
        Assert.Equal(IpcErrorKind.AlreadyExists, Assert.Throws<IpcException>(() => Create("jobs")).Kind);
        Assert.Equal(IpcErrorKind.NotFound, Assert.Throws<IpcException>(() => SharedQueue.Open("other", _folder.Directory)).Kind);
        using SharedQueue again = SharedQueue.Open("jobs", _folder.Directory);
        Assert.Equal(queue.Id, again.Id);
        Assert.Single(_folder.Files);
    }

    private SharedQueue Create(string? name = null, long capacity = 1 << 20, long maxCount = 0) =>
        SharedQueue.Create(name, capacity, maxCount, directory: _folder.Directory);
}
