using PSIpc.Core.Channels;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Waits beside a process that was stopped inside the object: they end by their time or by Ctrl+C, and are taken back when it goes on.</summary>
public sealed class StoppedOwnerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_wait_at_a_barrier_ends_and_has_not_arrived(bool cancel)
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        using var end = new CancellationTokenSource();
        Deadline deadline = cancel ? Deadline.Never : Deadline.After(TimeSpan.FromSeconds(1));
        Task<bool> waiting = Task.Run(() => barrier.Wait(deadline, end.Token));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        using Peer stopped = Stopped(ObjectKind.Barrier, "b", 0);
        if (cancel)
        {
            end.Cancel();
        }

        Assert.True(((IAsyncResult)waiting).AsyncWaitHandle.WaitOne(TestFolder.Long));
        Assert.Equal(cancel ? TaskStatus.Canceled : TaskStatus.RanToCompletion, Canceled(waiting));
        GoOn(stopped);
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 0, TestFolder.Long));
    }

    [Fact]
    public void A_wait_for_a_condition_ends_and_the_wake_that_it_had_goes_to_the_next()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        using var end = new CancellationTokenSource();
        Task<bool> first = Wait(end.Token);
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
        Task<bool> second = Wait(default);
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 2, TestFolder.Long));

        // The first one is woken and cannot have the lock.
        condition.Lock.Enter(Deadline.Never);
        condition.Set();
        using Peer stopped = Stopped(ObjectKind.Condition, "c", 256);
        end.Cancel();
        Assert.True(((IAsyncResult)first).AsyncWaitHandle.WaitOne(TestFolder.Long));
        Assert.Equal(TaskStatus.Canceled, Canceled(first));
        Assert.False(second.IsCompleted);
        GoOn(stopped);
        condition.Lock.Exit();
        Assert.True(second.Wait(TestFolder.Long) && second.Result);
    }

    [Fact]
    public void A_process_that_leaves_a_condition_passes_its_wake_on()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        using var leaving = new Peer(_folder, "condition-leave", "c");
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
        Task<bool> next = Wait(default);
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 2, TestFolder.Long));
        condition.Lock.Enter(Deadline.Never);
        condition.Set();
        using Peer stopped = Stopped(ObjectKind.Condition, "c", 256);
        leaving.WriteLine();
        leaving.WaitForOutput();
        GoOn(stopped);
        condition.Lock.Exit();
        Assert.True(next.Wait(TestFolder.Long) && next.Result);
    }

    [Fact]
    public void A_process_that_leaves_a_semaphore_gives_its_permit_back()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(1, name: "s", directory: _folder.Directory);
        using var leaving = new Peer(_folder, "semaphore-leave", "s");
        leaving.WaitForOutput();
        Task<bool> next = Task.Run(() => semaphore.Enter(Deadline.Never));
        Assert.False(next.Wait(50));
        using Peer stopped = Stopped(ObjectKind.Semaphore, "s", 0);
        leaving.WriteLine();
        leaving.WaitForOutput(2);
        GoOn(stopped);
        Assert.True(next.Wait(TestFolder.Long) && next.Result);
    }

    [Fact]
    public void A_process_that_leaves_a_barrier_breaks_it()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        using var leaving = new Peer(_folder, "barrier-leave", "b");
        Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)));
        leaving.WaitForOutput();
        Task<IpcException> waiting = Task.Run(() => Assert.Throws<IpcException>(() => barrier.Wait(Deadline.Never)));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        using Peer stopped = Stopped(ObjectKind.Barrier, "b", 0);
        leaving.WriteLine();
        leaving.WaitForOutput(2);
        GoOn(stopped);
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.PeerGone, waiting.Result.Kind);
    }

    [Fact]
    public void An_end_that_was_passed_on_and_not_taken_is_closed_beside_a_process_that_is_stopped_with_a_lock()
    {
        using SharedPipe pipe = SharedPipe.Create("p", directory: _folder.Directory);
        using PipeEnd reader = PipeEnd.Open("p", 0, _folder.Directory);
        pipe.Second.PassOn();
        using Peer stopped = Stopped(ObjectKind.Pipe, "p", (int)SharedPipe.RingOffset(0, 0) + RingMemory.SendLockOffset);
        stopped.Stop();
        Task closing = Task.Run(pipe.Second.CloseUntaken);
        Assert.True(closing.Wait(TestFolder.Long), "closing waits for a stopped process");
        Assert.Equal(0, pipe.Second.OwnerProcessId);
        stopped.Continue();
        GoOn(stopped);
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => reader.Receive(new ReceivedMessage(), Deadline.After(TestFolder.Long))).Kind);
    }

    [Fact]
    public void A_message_of_a_process_that_leaves_beside_a_stopped_one_comes_to_a_receiver_that_looked_in_between()
    {
        using SharedQueue queue = SharedQueue.Create("q", requireConfirmation: true, directory: _folder.Directory);
        var ring = new RingMemory(queue.Segment, 0, 0);
        using var leaving = new Peer(_folder, "take-release", "q");
        queue.Send("m"u8, default, Deadline.Never);
        leaving.WaitForOutput();
        using Peer stopped = Stopped(ObjectKind.Queue, "q", RingMemory.ReceiveLockOffset);
        stopped.Stop();
        leaving.WriteLine();
        leaving.WaitForOutput(2);
        Assert.True(ring.HasUnreleased);
        stopped.Continue();
        GoOn(stopped);

        // It finds the message with a process that is still attached.
        Task<bool> next = Task.Run(() => queue.Receive(new ReceivedMessage(), Deadline.Never));
        Assert.True(SpinWait.SpinUntil(() => queue.Segment.Participants.WaitingProcesses().Count > 0, TestFolder.Long));
        leaving.WriteLine();
        leaving.WaitForOutput(3);
        Assert.True(next.Wait(TestFolder.Long) && next.Result, "the receiver hangs");
        Assert.True(ring.HasUnreleased);
        queue.Clear();
        Assert.True(SpinWait.SpinUntil(() => !queue.Receive(new ReceivedMessage(), Deadline.After(TimeSpan.FromMilliseconds(20))) && !ring.HasUnreleased, TestFolder.Long));
    }

    private static TaskStatus Canceled(Task<bool> task)
    {
        if (task.Status == TaskStatus.RanToCompletion)
        {
            Assert.False(task.Result);
            return task.Status;
        }

        Assert.IsAssignableFrom<OperationCanceledException>(task.Exception?.InnerException ?? new OperationCanceledException());
        return TaskStatus.Canceled;
    }

    private static void GoOn(Peer stopped)
    {
        stopped.WriteLine();
        stopped.WaitForOutput(2);
    }

    private Peer Stopped(ObjectKind kind, string name, int offset)
    {
        var peer = new Peer(_folder, "monitor-hold", kind, name, offset);
        peer.WaitForOutput();
        return peer;
    }

    private Task<bool> Wait(CancellationToken cancellation) => Task.Factory.StartNew(
        () =>
        {
            using SharedCondition mine = SharedCondition.Open("c", _folder.Directory);
            mine.Lock.Enter(Deadline.Never);
            return mine.Wait(Deadline.Never, cancellation);
        },
        TaskCreationOptions.LongRunning);
}
