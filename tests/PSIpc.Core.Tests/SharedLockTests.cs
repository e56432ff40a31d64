using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedLockTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_handle_at_a_time_holds_it()
    {
        using SharedLock first = SharedLock.Create("l", directory: _folder.Directory);
        using SharedLock second = SharedLock.Open("l", _folder.Directory);
        Assert.True(first.Enter(Deadline.Now));
        Assert.True(first.IsHeldHere);
        Assert.Equal(Environment.ProcessId, second.OwnerProcessId);
        Assert.False(second.Enter(Deadline.Now));
        Assert.False(second.Enter(Deadline.After(TimeSpan.FromMilliseconds(30))));
        Assert.Equal(IpcErrorKind.NotOwner, Assert.Throws<IpcException>(second.Exit).Kind);
        first.Exit();
        Assert.True(second.Enter(Deadline.Now));
        Assert.False(second.Abandoned);
        second.Exit();
        Assert.Equal(IpcErrorKind.NotOwner, Assert.Throws<IpcException>(first.Exit).Kind);
    }

    [Fact]
    public void A_recursive_one_is_free_when_it_was_let_go_of_as_often()
    {
        using SharedLock first = SharedLock.Create("l", recursive: true, directory: _folder.Directory);
        using SharedLock second = SharedLock.Open("l", _folder.Directory);
        Assert.True(second.IsRecursive);
        Assert.True(first.Enter(Deadline.Now));
        Assert.True(first.Enter(Deadline.Now));
        first.Exit();
        Assert.False(second.Enter(Deadline.Now));
        first.Exit();
        Assert.True(second.Enter(Deadline.Now));
    }

    [Fact]
    public void Letting_go_of_the_handle_lets_go_of_the_lock()
    {
        using SharedLock second = SharedLock.Create("l", directory: _folder.Directory);
        SharedLock first = SharedLock.Open("l", _folder.Directory);
        Assert.True(first.Enter(Deadline.Now));
        first.Dispose();
        Assert.True(second.Enter(Deadline.Now));
        Assert.False(second.Abandoned);
    }

    [Fact]
    public void Removing_it_ends_the_waits()
    {
        using SharedLock holder = SharedLock.Create("l", directory: _folder.Directory);
        using SharedLock waiter = SharedLock.Open("l", _folder.Directory);
        holder.Enter(Deadline.Now);
        Task<bool> waiting = Task.Run(() => waiter.Enter(Deadline.Never));
        Assert.False(waiting.Wait(100));
        holder.Remove();
        AggregateException error = Assert.Throws<AggregateException>(() => waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.Closed, Assert.IsType<IpcException>(error.InnerException).Kind);
    }

    [Fact]
    public void A_wait_can_be_cancelled()
    {
        using SharedLock holder = SharedLock.Create("l", directory: _folder.Directory);
        using SharedLock waiter = SharedLock.Open("l", _folder.Directory);
        holder.Enter(Deadline.Now);
        using var cancellation = new CancellationTokenSource(50);
        Assert.Throws<OperationCanceledException>(() => waiter.Enter(Deadline.Never, cancellation.Token));
        holder.Exit();
        Assert.True(waiter.Enter(Deadline.Now));
    }

    [Fact]
    public void Two_processes_and_this_one_never_lose_an_update()
    {
        const int Each = 20_000;
        using SharedLock shared = SharedLock.Create("l", directory: _folder.Directory);
        string counter = Path.Combine(_folder.Directory.FullPath, "counter");
        File.WriteAllBytes(counter, new byte[8]);
        using var first = new Peer(_folder, "lock-count", "l", counter, Each);
        using var second = new Peer(_folder, "lock-count", "l", counter, Each);
        first.EndWell();
        second.EndWell();
        Assert.Equal(2 * Each, BitConverter.ToInt64(File.ReadAllBytes(counter)));
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void What_a_killed_process_held_is_taken_over_at_once_and_said_so_100_times()
    {
        using SharedLock shared = SharedLock.Create("l", directory: _folder.Directory);
        for (int round = 0; round < 100; round++)
        {
            using var holder = new Peer(_folder, "lock-hold", "l");
            holder.WaitForOutput();
            holder.Kill();
            holder.End();
            Assert.True(shared.Enter(Deadline.After(TestFolder.Long)));
            Assert.True(shared.Abandoned);
            shared.Exit();
            Assert.True(shared.Enter(Deadline.Now));
            Assert.False(shared.Abandoned);
            shared.Exit();
        }
    }

    [Fact]
    public void One_that_takes_it_again_and_again_does_not_starve_another()
    {
        using SharedLock shared = SharedLock.Create("l", directory: _folder.Directory);
        using var churn = new Peer(_folder, "lock-churn", "l");
        using var other = new Peer(_folder, "lock-churn", "l");
        churn.WaitForOutput();
        other.WaitForOutput();
        for (int i = 0; i < 200; i++)
        {
            Assert.True(shared.Enter(Deadline.After(TestFolder.Long)));
            shared.Exit();
        }
    }
}
