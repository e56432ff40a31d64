using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Handles that go while other threads use them.</summary>
public sealed class HandleTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_handle_that_goes_while_threads_wait_leaves_none_of_them_behind()
    {
        for (int round = 0; round < 200; round++)
        {
            SharedQueue queue = Create();
            Task[] waiting =
            [
                Run(() => queue.Receive(new ReceivedMessage(), Deadline.Never)),
                Run(() => queue.Peek(new ReceivedMessage(), Deadline.Never)),
                Run(() => queue.Receive(new ReceivedMessage(), Deadline.Never)),
            ];
            Thread.SpinWait(round * 100);
            queue.Dispose();
            Assert.All(waiting, AssertClosed);
        }

        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void A_handle_that_goes_ends_its_own_waits_only()
    {
        using SharedQueue queue = Create();
        SharedQueue second = SharedQueue.Open("q", _folder.Directory);
        var message = new ReceivedMessage();
        Task<bool> first = Task.Run(() => queue.Receive(message, Deadline.After(TestFolder.Long)));
        Task waiting = Run(() => second.Receive(new ReceivedMessage(), Deadline.Never));
        second.Dispose();
        AssertClosed(waiting);
        Assert.True(queue.Send("on"u8, default, Deadline.Now));
        Assert.True(first.Wait(TestFolder.Long));
        Assert.Equal("on"u8.ToArray(), message.Body.ToArray());
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_send_that_returned_was_sent_and_a_receive_that_returned_took_what_it_gave_however_soon_the_handle_went()
    {
        // A second folder object for the same folder is not to be had in one process, so the keeper is another process's.
        SharedQueue.Create("q", 1 << 20, persistent: true, directory: _folder.Directory).Dispose();
        long sent = 0;
        long received = 0;
        for (int round = 0; round < 300; round++)
        {
            SharedQueue queue = SharedQueue.Open("q", _folder.Directory);
            long before = sent;
            Task sending = Run(() =>
            {
                while (queue.Send(BitConverter.GetBytes(sent), default, Deadline.Never))
                {
                    Volatile.Write(ref sent, sent + 1);
                }
            });
            Task receiving = Run(() =>
            {
                var message = new ReceivedMessage();
                while (queue.Receive(message, Deadline.Never))
                {
                    Assert.Equal(received++, BitConverter.ToInt64(message.Body.Span));
                }
            });
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref sent) > before || sending.IsCompleted, TestFolder.Long));
            queue.Dispose();
            AssertClosed(sending);
            AssertClosed(receiving);
            using SharedQueue again = SharedQueue.Open("q", _folder.Directory);
            Assert.Equal(sent - received, again.Count);
        }

        Assert.True(sent > 300);
    }

    [Fact]
    public void Sending_and_receiving_without_wait_do_not_fail_because_others_are_at_it()
    {
        using SharedQueue queue = Create(1 << 20);
        const int Each = 50_000;
        int refused = 0;
        Task[] senders = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                if (queue.Count < 1000 && !queue.Send("x"u8, default, Deadline.Now))
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }))];
        var message = new ReceivedMessage();
        while (!Task.WhenAll(senders).IsCompleted)
        {
            queue.Receive(message, Deadline.Now);
        }

        Assert.Equal(0, refused);
    }

    [Fact]
    public void A_closed_handle_forgotten_by_its_user_is_let_go_by_the_garbage_collector()
    {
        Forget();
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return _folder.Files.Length == 0;
            },
            TestFolder.Long));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Forget() => Create().Send("x"u8, default, Deadline.Now);
    }

    private static void AssertClosed(Task task)
    {
        var error = Assert.Throws<AggregateException>(() => Assert.True(task.Wait(TestFolder.Long), "it hangs"));
        Assert.Equal(IpcErrorKind.Closed, Assert.IsType<IpcException>(error.InnerException).Kind);
    }

    private static Task Run(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private SharedQueue Create(long capacity = 4096) => SharedQueue.Create("q", capacity, directory: _folder.Directory);
}
