using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>What the models of docs/models and of the queue found at the edges of closing, clearing, batches and counts.</summary>
public sealed unsafe class QueueEdgeTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ReceivedMessage _message = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_large_message_that_there_is_no_room_for_is_refused_by_a_closed_queue_as_any_other()
    {
        using SharedQueue queue = Create();
        Assert.True(queue.Send(new byte[4000], default, Deadline.Now));
        queue.Close();
        var error = Assert.Throws<IpcException>(() => queue.Send(new byte[4000], default, Deadline.Now));
        Assert.Equal(IpcErrorKind.Closed, error.Kind);
    }

    [Fact]
    public void Who_waits_to_send_a_large_message_learns_that_the_queue_is_closed()
    {
        using SharedQueue queue = Create();
        Assert.True(queue.Send(new byte[4000], default, Deadline.Now));
        Task<bool> sending = Task.Run(() => queue.Send(new byte[4000], default, Deadline.Never));
        Assert.False(sending.Wait(50));
        queue.Close();
        bool isOver = sending.ContinueWith(_ => { }, TaskScheduler.Default).Wait(TestFolder.Long);

        // So that it ends in any case.
        queue.Clear();
        var error = Assert.IsType<IpcException>(Assert.Throws<AggregateException>(() => sending.Wait(TestFolder.Long)).InnerException);
        Assert.Equal(IpcErrorKind.Closed, error.Kind);
        Assert.True(isOver, "it was told only when there was room");
    }

    [Fact]
    public void Clear_never_makes_both_entries_of_a_ledger_name_the_head()
    {
        // While it fills the second one, it is not told from the one that counts: a kill there would leave a wrong count for good.
        using SharedQueue queue = Create();
        Segment segment = Segment.TryOpen(_folder.Directory, ObjectKind.Queue, queue.Name)!;
        try
        {
            var ring = new RingMemory(segment, 0, 0);
            var entries = (LedgerEntry*)(ring.Data - RingMemory.ControlSize + RingMemory.ReceiveLockOffset + RingMemory.LedgerOffset);
            queue.Send("a"u8, default, Deadline.Now);
            Assert.True(queue.Receive(_message, Deadline.Now));
            Assert.Equal(0, queue.Clear());
            Assert.NotEqual(entries[0].Position, entries[1].Position);
        }
        finally
        {
            segment.Release();
        }
    }

    [Fact]
    public void A_batch_has_the_messages_that_came_after_the_last_look_too()
    {
        using SharedQueue queue = Create();
        queue.Send("a"u8, default, Deadline.Now);
        Assert.True(queue.Peek(_message, Deadline.Now));
        queue.Send("b"u8, default, Deadline.Now);
        var batch = new ReceivedBatch(10);
        Assert.True(queue.ReceiveMany(batch, Deadline.Now));
        Assert.Equal(2, batch.Count);
    }

    [Fact]
    public void A_count_is_never_more_than_there_can_be()
    {
        using SharedQueue queue = Create(maxCount: 1);
        using var end = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        Task passing = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                queue.Send("a"u8, default, Deadline.Never);
                queue.Receive(_message, Deadline.Never);
            }
        });
        long most = 0;
        while (!passing.IsCompleted)
        {
            most = Math.Max(most, queue.Count);
        }

        Assert.InRange(most, 0, 1);
    }

    private SharedQueue Create(long maxCount = 0) => SharedQueue.Create(capacity: 4096, maxCount: maxCount, directory: _folder.Directory);
}
