using System.Buffers.Binary;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Subscribers and publishers that die or leave: nobody else hangs, and what was published comes whole and in order.</summary>
public sealed class TopicDeathTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kill")]
    [InlineData("leave")]
    public void A_subscriber_that_is_gone_holds_no_publisher_up(string how)
    {
        using SharedTopic topic = Create();
        using var subscriber = new Peer(_folder, "subscribe", how == "kill" ? "have" : "leave", "t");
        subscriber.WaitForOutput();
        Assert.Equal(1, topic.SubscriptionCount);
        Task publishing = Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                topic.Send(BitConverter.GetBytes(i), default, Deadline.Never);
            }
        });
        Assert.False(publishing.Wait(200), "the topic did not wait for its subscription");
        if (how == "kill")
        {
            subscriber.Kill();
        }
        else
        {
            subscriber.WriteLine();
        }

        Assert.True(publishing.Wait(TestFolder.Long), "the publisher hangs");
        Assert.Equal(0, topic.SubscriptionCount);
    }

    [Fact]
    public void A_subscriber_that_is_killed_between_the_end_of_its_subscription_and_the_wake_holds_no_publisher_up()
    {
        using SharedTopic topic = Create();
        using var subscriber = new Peer(_folder, "subscribe", "end-unwoken", "t");
        subscriber.WaitForOutput();
        Task publishing = Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                topic.Send(BitConverter.GetBytes(i), default, Deadline.Never);
            }
        });
        Assert.True(SpinWait.SpinUntil(() => topic.Segment.Participants.WaitingProcesses().Count > 0, TestFolder.Long), "the topic did not wait for its subscription");
        subscriber.WriteLine();
        subscriber.WaitForOutput(8);
        subscriber.Stop();
        subscriber.Kill();
        Assert.True(publishing.Wait(TestFolder.Long), "the publisher hangs");
    }

    [Fact]
    public void A_publisher_that_does_not_wait_is_not_refused_for_a_dead_subscriber()
    {
        using SharedTopic topic = Create();
        using var subscriber = new Peer(_folder, "subscribe", "have", "t");
        subscriber.WaitForOutput();
        while (topic.Send(new byte[100], default, Deadline.Now))
        {
        }

        subscriber.Kill();
        subscriber.EndWithCode();
        Assert.True(topic.Send(new byte[100], default, Deadline.Now));
    }

    [Trait("Tier", "Long")]
    [Theory]
    [InlineData(TopicOverflow.Block)]
    [InlineData(TopicOverflow.DropOldest)]
    public void Subscribers_and_publishers_killed_at_random_harm_nobody_else(TopicOverflow overflow)
    {
        var random = new Random(20261125);
        using SharedTopic topic = Create(overflow, capacity: 1 << 15);
        using TopicSubscription observer = topic.Subscribe();
        var seen = new Dictionary<int, List<int>>();
        var batch = new ReceivedBatch();
        long received = 0;
        Task observing = Task.Run(() => Observe(observer, batch, seen, ref received));
        for (int round = 0; round < 15; round++)
        {
            using var publisher = new Peer(_folder, "publish", "t", round, 100_000_000, random.Next(8, 3000));
            using var subscriber = new Peer(_folder, "subscribe", "receive", "t");
            publisher.WaitForOutput();
            subscriber.WaitForOutput(8);
            Thread.Sleep(random.Next(20));
            Peer[] order = random.Next(2) == 0 ? [publisher, subscriber] : [subscriber, publisher];
            order[0].Kill();
            Thread.Sleep(random.Next(10));
            order[1].Kill();
            int[] reported = publisher.EndWithNumbers();
            if (overflow == TopicOverflow.Block)
            {
                Assert.True(
                    SpinWait.SpinUntil(() => CountOf(seen, round) >= reported.Length, TestFolder.Long),
                    $"{reported.Length} were published and {CountOf(seen, round)} came");
            }

            AssertSubscriberGotARow(subscriber.EndWithNumbers(), overflow);
        }

        topic.Close();
        Assert.True(observing.Wait(TestFolder.Long), "the observer hangs");
        Assert.Equal(topic.Published, received + observer.Lost);
        Assert.True(overflow == TopicOverflow.DropOldest || observer.Lost == 0);
        foreach (List<int> row in seen.Values)
        {
            Assert.Equal(row.Order(), row);
            Assert.Equal(row.Count, row.Distinct().Count());
        }
    }

    private static void AssertSubscriberGotARow(int[] words, TopicOverflow overflow)
    {
        // The word "took", then sender and index of each message.
        int last = -1;
        int lastSender = -1;
        for (int i = 1; i + 1 < words.Length; i += 2)
        {
            if (words[i] == lastSender)
            {
                Assert.True(overflow == TopicOverflow.DropOldest ? words[i + 1] > last : words[i + 1] == last + 1, "messages came out of order");
            }

            (lastSender, last) = (words[i], words[i + 1]);
        }
    }

    private static void Observe(TopicSubscription observer, ReceivedBatch batch, Dictionary<int, List<int>> seen, ref long received)
    {
        while (KindOf(() => observer.ReceiveMany(batch, Deadline.Never)) is null)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlySpan<byte> body = batch.Body(i).Span;
                int sender = BinaryPrimitives.ReadInt32LittleEndian(body);
                lock (seen)
                {
                    if (!seen.TryGetValue(sender, out List<int>? row))
                    {
                        seen[sender] = row = [];
                    }

                    row.Add(BinaryPrimitives.ReadInt32LittleEndian(body[4..]));
                }

                received++;
            }
        }
    }

    private static int CountOf(Dictionary<int, List<int>> seen, int sender)
    {
        lock (seen)
        {
            return seen.TryGetValue(sender, out List<int>? row) ? row.Count : 0;
        }
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
