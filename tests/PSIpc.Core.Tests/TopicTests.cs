using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Topics: what each subscription gets, and what happens when the ring is full.</summary>
public sealed class TopicTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ReceivedMessage _message = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_subscription_gets_every_message_from_its_start_on_in_order()
    {
        using SharedTopic topic = Create();
        Publish(topic, 0, 1);
        using TopicSubscription first = topic.Subscribe();
        Publish(topic, 2, 3);
        using TopicSubscription second = topic.Subscribe();
        using TopicSubscription late = topic.Subscribe(fromOldest: true);
        Publish(topic, 4, 4);
        topic.Close();
        Assert.Equal([2, 3, 4], Drain(first));
        Assert.Equal([4], Drain(second));
        Assert.Equal([0, 1, 2, 3, 4], Drain(late));
        Assert.Equal(0, late.Lost);
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => topic.Send([1], default, Deadline.Now)));
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => topic.Subscribe() is null));
    }

    [Fact]
    public void Without_a_subscription_nothing_waits_and_a_late_one_gets_what_the_ring_still_holds()
    {
        using SharedTopic topic = Create();
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(topic.Send(BitConverter.GetBytes(i), default, Deadline.Now));
        }

        using TopicSubscription late = topic.Subscribe(fromOldest: true);
        int[] got = Received(late);
        Assert.InRange(got.Length, 4096 / 32 * 7 / 8, 4096 / 32);
        Assert.Equal(Enumerable.Range(10_000 - got.Length, got.Length), got);
        Assert.Equal(10_000, topic.Published);
        Assert.True(late.Receive(_message, Deadline.Now) == false && _message.Sequence == 10_000);
    }

    [Fact]
    public void A_full_topic_waits_for_its_slowest_subscription()
    {
        using SharedTopic topic = Create();
        using TopicSubscription slow = topic.Subscribe();
        using TopicSubscription quick = topic.Subscribe();
        int sent = 0;
        while (topic.Send(BitConverter.GetBytes(sent), default, Deadline.Now))
        {
            sent++;
            Assert.True(quick.Receive(_message, Deadline.Now));
        }

        Assert.InRange(sent, 100, 4096 / 32);
        Task<bool> waiting = Task.Run(() => topic.Send(BitConverter.GetBytes(sent), default, Deadline.Never));
        Assert.False(waiting.Wait(100));
        Assert.Equal(Enumerable.Range(0, sent), Received(slow).Take(sent));
        Assert.True(waiting.Wait(TestFolder.Long), "the publisher hangs");
    }

    [Fact]
    public void A_topic_that_drops_the_oldest_never_waits_and_counts_what_is_lost()
    {
        using SharedTopic topic = Create(TopicOverflow.DropOldest);
        using TopicSubscription subscription = topic.Subscribe();
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(topic.Send(BitConverter.GetBytes(i), default, Deadline.Now));
        }

        int[] got = Received(subscription);
        Assert.InRange(got.Length, 4096 / 32 * 7 / 8, 4096 / 32);
        Assert.Equal(Enumerable.Range(1000 - got.Length, got.Length), got);
        Assert.Equal(1000 - got.Length, subscription.Lost);
    }

    [Theory]
    [InlineData(TopicOverflow.Block, 5)]
    [InlineData(TopicOverflow.DropOldest, 5)]
    public void Large_messages_reach_every_subscription_and_leave_no_file(TopicOverflow overflow, int count)
    {
        using SharedTopic topic = Create(overflow);
        using TopicSubscription first = topic.Subscribe();
        using TopicSubscription second = topic.Subscribe();
        Task publishing = Task.Run(() =>
        {
            for (int i = 0; i < count; i++)
            {
                topic.Send(new byte[50_000 + i], default, Deadline.Never);
                topic.Send(BitConverter.GetBytes(i), default, Deadline.Never);
            }

            topic.Close();
        });
        if (overflow == TopicOverflow.DropOldest)
        {
            Assert.True(publishing.Wait(TestFolder.Long), "a publisher that drops the oldest hangs");
        }

        Task<int[]>[] draining = [Task.Run(() => DrainLengths(first)), Task.Run(() => DrainLengths(second))];
        Assert.True(Task.WaitAll([publishing, .. draining], TestFolder.Long), "somebody hangs");
        int[] all = [.. Enumerable.Range(0, count).SelectMany(i => new[] { 50_000 + i, 4 })];
        foreach (Task<int[]> drained in draining)
        {
            Assert.Equal(overflow == TopicOverflow.Block ? all : all[^drained.Result.Length..], drained.Result);
        }

        Assert.True(_folder.Files.Count(f => f.StartsWith("psipc.block", StringComparison.Ordinal)) <= 1, "blocks that nobody needs are left");
        topic.Remove();
        Assert.DoesNotContain(_folder.Files, f => f.StartsWith("psipc.block", StringComparison.Ordinal));
    }

    [Fact]
    public void A_disposed_or_closed_subscription_holds_no_publisher_up()
    {
        using SharedTopic topic = Create();
        TopicSubscription disposed = topic.Subscribe();
        using TopicSubscription closed = topic.Subscribe();
        Task publishing = Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                topic.Send(BitConverter.GetBytes(i), default, Deadline.Never);
            }
        });
        Assert.False(publishing.Wait(50));
        disposed.Dispose();
        Assert.False(publishing.Wait(50));
        closed.Close();
        Assert.True(publishing.Wait(TestFolder.Long), "the publisher hangs");
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => closed.Receive(_message, Deadline.Never)));
    }

    [Fact]
    public void A_subscription_belongs_to_the_last_process_that_it_arrives_in()
    {
        using SharedTopic topic = Create();
        TopicSubscription made = topic.Subscribe();
        Publish(topic, 1, 2);
        made.PassOn();
        made.Dispose();
        using TopicSubscription arrived = TopicSubscription.Open("t", made.Index, made.State, _folder.Directory);
        Assert.Equal([1, 2], Received(arrived));
        arrived.Close();
        Assert.Equal(IpcErrorKind.Closed, KindOf(() => TopicSubscription.Open("t", made.Index, made.State, _folder.Directory) is null));
    }

    [Theory]
    [InlineData(4096, 8, TopicOverflow.Block)]
    [InlineData(65536, 200, TopicOverflow.Block)]
    [InlineData(65536, 8, TopicOverflow.DropOldest)]
    public void Neither_side_sleeps_on_the_other_at_full_speed(long capacity, int size, TopicOverflow overflow)
    {
        const int Messages = 3_000_000;
        using SharedTopic topic = Create(overflow, capacity);
        using TopicSubscription subscription = topic.Subscribe();
        Task publishing = Task.Run(() =>
        {
            byte[] body = new byte[size];
            for (int i = 0; i < Messages; i++)
            {
                topic.Send(body, default, Deadline.Never);
            }

            topic.Close();
        });
        long received = 0;
        Task receiving = Task.Run(() =>
        {
            var batch = new ReceivedBatch();
            while (KindOf(() => subscription.ReceiveMany(batch, Deadline.Never)) is null)
            {
                Assert.Equal(received + subscription.Lost + 1, batch.Sequence(0));
                Volatile.Write(ref received, received + batch.Count);
            }
        });
        for (long before = -1; !Task.WaitAll([publishing, receiving], TestFolder.Long);)
        {
            // A busy machine makes them slow; only no progress at all says that they sleep.
            long now = Volatile.Read(ref received) + subscription.Lost;
            Assert.True(now > before, "both sleep");
            before = now;
        }

        Assert.Equal(Messages, received + subscription.Lost);
    }

    [Fact]
    public void A_handle_that_does_not_have_the_subscription_does_not_end_it()
    {
        using SharedTopic topic = Create();
        TopicSubscription made = topic.Subscribe();
        made.PassOn();
        using TopicSubscription arrived = TopicSubscription.Open("t", made.Index, made.State, _folder.Directory);
        Publish(topic, 1, 1);
        Assert.Equal([1], Received(arrived));
        made.Dispose();
        Publish(topic, 2, 2);
        Assert.Equal([2], Received(arrived));
    }

    [Fact]
    public void Its_places_are_used_again()
    {
        using SharedTopic topic = Create();
        for (int i = 0; i < 1000; i++)
        {
            using TopicSubscription subscription = topic.Subscribe();
            Publish(topic, i, i);
            Assert.Equal([i], Received(subscription));
        }

        var all = Enumerable.Range(0, 128).Select(_ => topic.Subscribe()).ToList();
        Assert.Equal(IpcErrorKind.OutOfMemory, KindOf(() => topic.Subscribe() is null));
        all.ForEach(s => s.Dispose());
        topic.Subscribe().Dispose();
    }

    [Fact]
    public void A_subscriber_that_waits_uses_no_processor_time()
    {
        using SharedTopic topic = Create();
        using var subscriber = new Peer(_folder, "subscribe", "receive", "t");
        subscriber.WaitForOutput();
        Thread.Sleep(300);
        long before = subscriber.ProcessorTicks();
        Thread.Sleep(1000);
        Assert.InRange(subscriber.ProcessorTicks() - before, 0, 2);
    }

    private static void Publish(SharedTopic topic, int first, int last)
    {
        for (int i = first; i <= last; i++)
        {
            Assert.True(topic.Send(BitConverter.GetBytes(i), default, Deadline.Now));
        }
    }

    private int[] Received(TopicSubscription subscription)
    {
        List<int> numbers = [];
        while (subscription.Receive(_message, Deadline.Now))
        {
            numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(_message.Body.Span));
        }

        return [.. numbers];
    }

    private int[] Drain(TopicSubscription subscription)
    {
        List<int> numbers = [];
        while (KindOf(() => subscription.Receive(_message, Deadline.Never)) is null)
        {
            numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(_message.Body.Span));
        }

        return [.. numbers];
    }

    private static int[] DrainLengths(TopicSubscription subscription)
    {
        List<int> lengths = [];
        var message = new ReceivedMessage();
        while (KindOf(() => subscription.Receive(message, Deadline.Never)) is null)
        {
            lengths.Add(message.Length);
        }

        return [.. lengths];
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

    private SharedTopic Create(TopicOverflow overflow = TopicOverflow.Block, long capacity = 4096) =>
        SharedTopic.Create("t", capacity, overflow, directory: _folder.Directory);
}
