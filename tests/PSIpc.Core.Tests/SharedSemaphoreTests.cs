using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedSemaphoreTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Permits_are_taken_and_given_back()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(2, directory: _folder.Directory);
        Assert.True(semaphore.Enter(Deadline.Now));
        Assert.True(semaphore.Enter(Deadline.Now));
        Assert.False(semaphore.Enter(Deadline.Now));
        Assert.Equal((0, 2, 2), (semaphore.Count, semaphore.HeldHere, semaphore.Maximum));
        semaphore.Exit();
        Assert.Equal(1, semaphore.Count);
        semaphore.Exit();
        Assert.Equal(IpcErrorKind.NotOwner, Assert.Throws<IpcException>(() => semaphore.Exit()).Kind);
        Assert.Equal(2, semaphore.Count);
    }

    [Fact]
    public void Permits_can_be_added_up_to_the_maximum()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(0, 3, directory: _folder.Directory);
        Assert.False(semaphore.Enter(Deadline.Now));
        semaphore.Exit(3);
        Assert.Equal(3, semaphore.Count);
        Assert.True(semaphore.Enter(Deadline.Now));
        Assert.Equal(IpcErrorKind.NotOwner, Assert.Throws<IpcException>(() => semaphore.Exit(2)).Kind);
        semaphore.Exit();
        Assert.Equal(3, semaphore.Count);
    }

    [Fact]
    public void A_waiter_sleeps_until_a_permit_is_given_back()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(1, name: "s", directory: _folder.Directory);
        using var holder = new Peer(_folder, "semaphore-hold", "s");
        holder.WaitForOutput();
        Assert.False(semaphore.Enter(Deadline.After(TimeSpan.FromMilliseconds(50))));
        Task<bool> waiting = Task.Run(() => semaphore.Enter(Deadline.Never));
        Assert.False(waiting.Wait(100));
        holder.WriteLine();
        Assert.True(waiting.Wait(TestFolder.Long) && waiting.Result);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void What_a_killed_process_held_comes_back_to_one_who_sleeps_50_times()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(1, name: "s", directory: _folder.Directory);
        for (int round = 0; round < 50; round++)
        {
            using var holder = new Peer(_folder, "semaphore-hold", "s");
            holder.WaitForOutput();
            Task<bool> waiting = Task.Run(() => semaphore.Enter(Deadline.Never));
            Assert.False(waiting.Wait(round % 5));
            holder.Kill();
            Assert.True(waiting.Wait(TestFolder.Long) && waiting.Result);
            semaphore.Exit();
        }
    }

    [Fact]
    public void The_count_has_the_permits_of_a_dead_holder_without_a_wait()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(5, name: "s", directory: _folder.Directory);
        using var killed = new Peer(_folder, "semaphore-hold", "s");
        using var living = new Peer(_folder, "semaphore-hold", "s");
        killed.WaitForOutput();
        living.WaitForOutput();
        Assert.True(semaphore.Enter(Deadline.Now));
        Assert.Equal(2, semaphore.Count);
        killed.Kill();
        killed.End();
        Assert.Equal(3, semaphore.Count);
        living.Stop();
        Assert.Equal(3, semaphore.Count); // stopped is not dead
        living.Kill();
        living.End();
        Assert.Equal(4, semaphore.Count);
        for (int i = 0; i < 4; i++)
        {
            Assert.True(semaphore.Enter(Deadline.Now));
        }

        Assert.False(semaphore.Enter(Deadline.Now));
        Assert.Equal((0, 5), (semaphore.Count, semaphore.HeldHere));
    }

    [Fact]
    public void Unowned_permits_that_a_process_took_do_not_come_back_whether_it_leaves_or_is_killed()
    {
        using SharedSemaphore items = SharedSemaphore.Create(5, name: "s", directory: _folder.Directory, unowned: true);
        Assert.True(items.IsUnowned);
        using var leaves = new Peer(_folder, "semaphore-leave", "s");
        using var killed = new Peer(_folder, "semaphore-leave", "s");
        leaves.WaitForOutput();
        killed.WaitForOutput();
        killed.Kill();
        killed.End();
        leaves.WriteLine();
        leaves.WaitForOutput(2);
        Assert.Equal(3, items.Count);
        Assert.True(items.Enter(Deadline.Now));
        Assert.Equal((2, 0), (items.Count, items.HeldHere));
        items.Exit(4); // what nobody took before: another item is there
        Assert.Equal(6, items.Count);
        Assert.Empty(Assert.Single(_folder.Directory.List()).HolderProcesses);
        Assert.Equal((6, int.MaxValue), (Assert.Single(_folder.Directory.List()).Counts!.Depth, items.Maximum));
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void Producers_and_consumers_killed_at_any_moment_lose_or_invent_no_item_but_the_one_in_hand()
    {
        const int Kills = 12;
        using SharedSemaphore items = SharedSemaphore.Create(0, name: "s", directory: _folder.Directory, unowned: true);
        var random = new Random(31);
        (long added, long taken) = (0, 0);
        for (int i = 0; i < Kills; i++)
        {
            using var producer = new Peer(_folder, "semaphore-add", "s");
            using var consumer = new Peer(_folder, "semaphore-take", "s");
            consumer.WaitForOutput(random.Next(1, 200));
            (Peer first, Peer second) = i % 2 == 0 ? (producer, consumer) : (consumer, producer);
            first.Kill();
            second.Kill();
            added += producer.End().Length;
            taken += consumer.End().Length;
        }

        Assert.InRange(items.Count - (added - taken), -Kills, Kills); // killed between the store and the report
        for (long left = items.Count; left > 0; left--)
        {
            Assert.True(items.Enter(Deadline.After(TestFolder.Long)));
        }

        Assert.False(items.Enter(Deadline.Now));
        items.Exit();
        Assert.Equal(1, items.Count);
    }

    [Fact]
    public void Removing_it_ends_the_waits()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(0, directory: _folder.Directory);
        Task<bool> waiting = Task.Run(() => semaphore.Enter(Deadline.Never));
        Assert.False(waiting.Wait(50));
        semaphore.Remove();
        AggregateException error = Assert.Throws<AggregateException>(() => waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.Closed, Assert.IsType<IpcException>(error.InnerException).Kind);
    }
}
