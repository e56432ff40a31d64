using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

public sealed class SharedBarrierTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Processes_go_on_together_phase_by_phase()
    {
        using SharedBarrier barrier = SharedBarrier.Create(3, "b", directory: _folder.Directory);
        using var first = new Peer(_folder, "barrier-wait", "b", 100);
        using var second = new Peer(_folder, "barrier-wait", "b", 100);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)));
            Assert.Equal(i + 1, barrier.CurrentPhase);
        }

        first.EndWell();
        second.EndWell();
        Assert.False(barrier.IsBroken);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_process_killed_at_any_moment_breaks_it_and_nobody_hangs()
    {
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            using SharedBarrier barrier = SharedBarrier.Create(2, directory: _folder.Directory);
            using var peer = new Peer(_folder, "barrier-wait", barrier.Name, 1_000_000_000);
            peer.WaitForOutput();
            Task killing = Task.Run(() =>
            {
                SpinWait.SpinUntil(() => barrier.CurrentPhase > random.Next(300), TestFolder.Long);
                peer.Kill();
            });
            IpcException error = Assert.Throws<IpcException>(() =>
            {
                while (barrier.Wait(Deadline.After(TestFolder.Long)))
                {
                }
            });
            Assert.Equal(IpcErrorKind.PeerGone, error.Kind);
            Assert.True(barrier.IsBroken);
            Assert.True(killing.Wait(TestFolder.Long));
            Assert.Equal(IpcErrorKind.PeerGone, Assert.Throws<IpcException>(() => barrier.Wait(Deadline.Never)).Kind);
        }
    }

    [Fact]
    public void A_process_that_is_killed_before_it_ever_waited_breaks_it()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        Task<IpcException> waiting = Task.Run(() => Assert.Throws<IpcException>(() => barrier.Wait(Deadline.After(TestFolder.Long))));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        using var peer = new Peer(_folder, "barrier-open", "b");
        peer.WaitForOutput();
        peer.Kill();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.PeerGone, waiting.Result.Kind);
    }

    [Fact]
    public void A_wait_that_times_out_has_not_arrived()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        Assert.False(barrier.Wait(Deadline.After(TimeSpan.FromMilliseconds(20))));
        Assert.Equal(0, barrier.WaitingCount);
        using var cancelled = new CancellationTokenSource(20);
        Assert.ThrowsAny<OperationCanceledException>(() => barrier.Wait(Deadline.Never, cancelled.Token));
        Assert.Equal(0, barrier.WaitingCount);
        Task<bool> other = Task.Run(() => barrier.Wait(Deadline.After(TestFolder.Long)));
        Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)));
        Assert.True(other.Wait(TestFolder.Long) && other.Result);
    }

    [Fact]
    public void Removing_it_ends_the_waits()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        Task<IpcException> waiting = Task.Run(() => Assert.Throws<IpcException>(() => barrier.Wait(Deadline.After(TestFolder.Long))));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        barrier.Remove();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.Closed, waiting.Result.Kind);
    }
}
