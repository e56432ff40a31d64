using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedEventTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_manual_one_stays_set_until_it_is_reset()
    {
        using SharedEvent shared = SharedEvent.Create(directory: _folder.Directory);
        Assert.False(shared.Wait(Deadline.Now));
        shared.Set();
        Assert.True(shared.Wait(Deadline.Now));
        Assert.True(shared.Wait(Deadline.Now));
        shared.Reset();
        Assert.False(shared.Wait(Deadline.After(TimeSpan.FromMilliseconds(20))));
    }

    [Fact]
    public void An_automatic_one_lets_one_waiter_go_for_each_set()
    {
        using SharedEvent shared = SharedEvent.Create(autoReset: true, isSet: true, directory: _folder.Directory);
        Assert.True(shared.Wait(Deadline.Now));
        Assert.False(shared.Wait(Deadline.Now));
        Task<bool>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => shared.Wait(Deadline.Never)))];
        for (int done = 1; done <= 3; done++)
        {
            int expected = done;
            shared.Set();
            Assert.True(SpinWait.SpinUntil(() => waiting.Count(w => w.IsCompleted) == expected, TestFolder.Long));
            Thread.Sleep(20);
            Assert.Equal(expected, waiting.Count(w => w.IsCompleted));
        }
    }

    [Fact]
    public void A_thousand_waiters_in_two_processes_all_wake()
    {
        using SharedEvent shared = SharedEvent.Create("e", directory: _folder.Directory);
        using var first = new Peer(_folder, "event-wait", "e", 500);
        using var second = new Peer(_folder, "event-wait", "e", 500);
        first.WaitForOutput();
        second.WaitForOutput();
        Assert.True(SpinWait.SpinUntil(() => IsQuiet(first), TestFolder.Long));
        long before = first.ProcessorTicks();
        Thread.Sleep(1000);
        Assert.InRange(first.ProcessorTicks() - before, 0, 2); // asleep: at most 20 ms of a second
        shared.Set();
        first.EndWell();
        second.EndWell();

        static bool IsQuiet(Peer peer)
        {
            long ticks = peer.ProcessorTicks();
            Thread.Sleep(100);
            return peer.ProcessorTicks() == ticks;
        }
    }
}
