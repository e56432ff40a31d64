using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedConditionTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Set_wakes_one_and_all_wakes_all()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        int woken = 0;
        Task[] waiters = [.. Enumerable.Range(0, 5).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using SharedCondition mine = SharedCondition.Open("c", _folder.Directory);
                mine.Lock.Enter(Deadline.Never);
                Assert.True(mine.Wait(Deadline.After(TestFolder.Long)));
                Assert.True(mine.Lock.IsHeldHere);
                Interlocked.Increment(ref woken);
                mine.Lock.Exit();
            },
            TaskCreationOptions.LongRunning))];
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 5, TestFolder.Long));
        condition.Set();
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 4, TestFolder.Long));
        condition.Set();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref woken) == 2, TestFolder.Long));
        Assert.Equal(3, condition.WaitingCount);
        condition.Set(all: true);
        Assert.True(Task.WaitAll(waiters, TestFolder.Long));
        Assert.Equal(0, condition.WaitingCount);
    }

    [Fact]
    public void Wait_needs_the_lock_and_holds_it_as_often_again()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        Assert.Equal(IpcErrorKind.NotOwner, Assert.Throws<IpcException>(() => condition.Wait(Deadline.Now)).Kind);
        Assert.Equal(0, condition.WaitingCount);
        condition.Lock.Enter(Deadline.Now);
        condition.Lock.Enter(Deadline.Now);
        Assert.False(condition.Wait(Deadline.After(TimeSpan.FromMilliseconds(20))));
        condition.Lock.Exit();
        Assert.True(condition.Lock.IsHeldHere);
        condition.Lock.Exit();
        Assert.False(condition.Lock.IsHeld);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_wake_is_not_lost_with_a_waiter_that_is_killed()
    {
        for (int i = 0; i < 100; i++)
        {
            using SharedCondition condition = SharedCondition.Create(directory: _folder.Directory);
            using var peer = new Peer(_folder, "condition-wait", condition.Name);
            peer.WaitForOutput();
            Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
            Task<bool> second = Task.Factory.StartNew(
                () =>
                {
                    using SharedCondition mine = SharedCondition.Open(condition.Name, _folder.Directory);
                    mine.Lock.Enter(Deadline.Never);
                    bool isWoken = mine.Wait(Deadline.After(TestFolder.Long));
                    mine.Lock.Exit();
                    return isWoken;
                },
                TaskCreationOptions.LongRunning);
            Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 2, TestFolder.Long));

            // The wake is the first one's; it cannot use it while the lock is held, and is killed.
            condition.Lock.Enter(Deadline.Never);
            if (i % 2 == 0)
            {
                condition.Set();
                peer.Kill();
            }
            else
            {
                peer.Kill();
                condition.Set();
            }

            peer.End();
            condition.Lock.Exit();
            Assert.True(second.Wait(TestFolder.Long), "the wake was lost with the one it was for");
            Assert.True(second.Result);
        }
    }

    [Fact]
    public void Two_processes_hand_a_turn_to_each_other()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        using Memory.SharedCell turn = Memory.SharedCell.Create(new Memory.BlockLayout(Memory.ElementType.Int64, 8, [1]), [], "turn", directory: _folder.Directory);
        Peer[] peers = [.. Enumerable.Range(0, 2).Select(i => new Peer(_folder, "condition-turns", "c", "turn", i, 500))];
        foreach (Peer peer in peers)
        {
            peer.EndWell();
            peer.Dispose();
        }

        Assert.Equal(1000, turn.Word);
    }

    [Fact]
    public void Removing_it_ends_the_waits()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        Task<IpcException> waiting = Task.Factory.StartNew(
            () =>
            {
                using SharedCondition mine = SharedCondition.Open("c", _folder.Directory);
                mine.Lock.Enter(Deadline.Never);
                return Assert.Throws<IpcException>(() => mine.Wait(Deadline.After(TestFolder.Long)));
            },
            TaskCreationOptions.LongRunning);
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
        condition.Remove();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.Closed, waiting.Result.Kind);
    }
}
