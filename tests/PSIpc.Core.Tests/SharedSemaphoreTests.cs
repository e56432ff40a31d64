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
