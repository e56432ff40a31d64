using System.Text;
using PSIpc.Core.Channels;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>How much is in objects and went through them, read from outside.</summary>
public sealed class ObjectCountsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_queue_says_what_is_in_it_and_went_through()
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity: 4096, maxCount: 9, directory: _folder.Directory);
        Send(queue, 7);
        var message = new ReceivedMessage();
        queue.Receive(message, Deadline.Now);
        ObjectCounts counts = Counts("q");
        Assert.Equal((6, 9, 7, 4096L, false), (counts.Depth, counts.Most, counts.Passed, counts.Capacity, counts.IsOver));
        Assert.Equal(queue.Bytes, counts.Bytes);
        queue.Close();
        Assert.True(Counts("q").IsOver);
    }

    [Fact]
    public void A_queue_with_confirmation_counts_what_was_not_given_out()
    {
        using SharedQueue queue = SharedQueue.Create("q", requireConfirmation: true, directory: _folder.Directory);
        Send(queue, 3);
        var message = new ReceivedMessage();
        queue.Receive(message, Deadline.Now);
        Assert.Equal((2, 3), (Counts("q").Depth, Counts("q").Passed));
    }

    [Fact]
    public void A_large_message_counts_with_all_its_bytes()
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity: 1 << 20, directory: _folder.Directory);
        queue.Send(new byte[700_000], default, Deadline.Now);
        Assert.Equal(queue.Bytes, Counts("q").Bytes);
        Assert.InRange(Counts("q").Bytes!.Value, 700_000, 800_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pipe_counts_all_its_directions(bool duplex)
    {
        using SharedPipe pipe = SharedPipe.Create("p", duplex, capacity: 8192, directory: _folder.Directory);
        Send(pipe.Second, 2);
        if (duplex)
        {
            Send(pipe.First, 3);
        }

        ObjectCounts counts = Counts("p");
        Assert.Equal(duplex ? (5, 5, 16384) : (2, 2, 8192), (counts.Depth, counts.Passed, counts.Capacity));
        Assert.False(counts.IsOver);
        pipe.First.Dispose();
        Assert.True(Counts("p").IsOver);
    }

    [Fact]
    public void A_topic_says_how_far_the_slowest_subscription_is_behind()
    {
        using SharedTopic topic = SharedTopic.Create("t", directory: _folder.Directory);
        Send(topic, 4);
        Assert.Equal((0, 4, 0), (Counts("t").Depth, Counts("t").Passed, Counts("t").Subscriptions));
        using TopicSubscription slow = topic.Subscribe();
        using (TopicSubscription quick = topic.Subscribe())
        {
            Send(topic, 5);
            var message = new ReceivedMessage();
            Assert.True(quick.Receive(message, Deadline.Now));
            Assert.Equal((5, 9, 2), (Counts("t").Depth, Counts("t").Passed, Counts("t").Subscriptions));
            Assert.True(slow.Receive(message, Deadline.Now) && slow.Receive(message, Deadline.Now));
            Assert.Equal(4, Counts("t").Depth);
        }

        Assert.Equal((3, 1), (Counts("t").Depth, Counts("t").Subscriptions));
    }

    [Fact]
    public void What_synchronizes_says_how_it_stands()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(2, 5, "s", directory: _folder.Directory);
        semaphore.Enter(Deadline.Now);
        Assert.Equal((1, 2), (Counts("s").Depth, Counts("s").Most));
        using SharedEvent change = SharedEvent.Create("e", directory: _folder.Directory);
        Assert.False(Counts("e").IsSet);
        change.Set();
        Assert.True(Counts("e").IsSet);
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        Task<bool> first = Task.Run(() => barrier.Wait(Deadline.After(TestFolder.Long)));
        Assert.True(SpinWait.SpinUntil(() => Counts("b").Depth == 1, TestFolder.Long));
        Assert.Equal((2, 0, false), (Counts("b").Most, Counts("b").Passed, Counts("b").IsOver));
        Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)) && first.Result);
        Assert.Equal((0, 1), (Counts("b").Depth, Counts("b").Passed));
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        Assert.Equal(0, Counts("c").Depth);
    }

    [Fact]
    public void A_dictionary_counts_its_entries_and_arrays_tell_their_shape()
    {
        using SharedDictionaryStore dictionary = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int i = 0; i < 2_000; i++)
        {
            dictionary.Set($"key {i}", Encoding.ASCII.GetBytes(new string('x', 100)), 0);
        }

        Assert.Equal(2_000, Counts("d").Depth);
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Double, 8, [3, 4]), "a", directory: _folder.Directory);
        Assert.Equal((ElementType.Double, "3 4"), (Counts("a").Layout!.Element, string.Join(' ', Counts("a").Layout!.Shape)));
    }

    [Fact]
    public void A_look_changes_no_byte_and_takes_out_no_lease()
    {
        Assert.Empty(_folder.Directory.Look());
        Assert.Empty(Directory.GetFiles(_folder.Directory.FullPath));
        using SharedQueue queue = SharedQueue.Create("q", capacity: 4096, directory: _folder.Directory);
        using SharedTopic topic = SharedTopic.Create("t", capacity: 4096, directory: _folder.Directory);
        using TopicSubscription subscription = topic.Subscribe();
        using SharedSemaphore semaphore = SharedSemaphore.Create(2, name: "s", directory: _folder.Directory);
        Send(queue, 3);
        Send(topic, 3);
        string[] files = Directory.GetFiles(_folder.Directory.FullPath);
        string[] objects = [.. files.Where(f => !f.Contains("psipc.lease.", StringComparison.Ordinal))];
        byte[][] before = [.. objects.Select(File.ReadAllBytes)];
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(3, _folder.Directory.Look().Length);
        }

        Assert.Equal(files.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.Directory.FullPath).Order(StringComparer.Ordinal));
        Assert.Equal(before, objects.Select(File.ReadAllBytes));
    }

    [Fact]
    public void A_look_leaves_what_dead_processes_left()
    {
        using var killed = new Peer(_folder, "keep", "left", 3);
        killed.WaitForOutput();
        killed.Kill();
        killed.End();
        string[] files = Directory.GetFiles(_folder.Directory.FullPath);
        SharedObjectInfo left = Assert.Single(_folder.Directory.Look());
        Assert.Equal(("left", true), (left.Name, left.IsOrphaned));
        Assert.Equal(files.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.Directory.FullPath).Order(StringComparer.Ordinal));
        Assert.Empty(_folder.Directory.List());
    }

    [Fact]
    public void Words_that_cannot_be_a_rings_are_no_counts_and_no_fault()
    {
        using SharedQueue queue = SharedQueue.Create("q", capacity: 4096, directory: _folder.Directory);
        Send(queue, 3);
        string path = Directory.GetFiles(_folder.Directory.FullPath).Single(f => f.EndsWith("queue.q", StringComparison.Ordinal));
        var random = new Random(4);
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. whole];
            random.NextBytes(damaged.AsSpan(SegmentHeader.BodyOffset, i % 2 == 0 ? 8 : RingMemory.ControlSize));
            string other = path[..^1] + "damaged";
            File.WriteAllBytes(other, damaged);
            ObjectCounts? counts = _folder.Directory.Look().FirstOrDefault(o => o.Name == "damaged")?.Counts;
            Assert.True(counts is null || (counts.Depth >= 0 && counts.Capacity is 0 or 4096 && counts.Bytes >= 0));
            File.Delete(other);
        }
    }

    private static void Send(IMessageSender sender, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(sender.Send([1, 2, 3], default, Deadline.Now));
        }
    }

    private ObjectCounts Counts(string name) => Assert.Single(_folder.Directory.Look(), o => o.Name == name).Counts!;
}
