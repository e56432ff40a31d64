using PSIpc.Core.Channels;
using PSIpc.Core.Leases;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>The robust lock and the event count by themselves.</summary>
public sealed unsafe class LockTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SharedQueue _queue;
    private readonly Segment _segment;
    private readonly RingMemory _ring;

    public LockTests()
    {
        _queue = SharedQueue.Create("q", 4096, directory: _folder.Directory);
        _segment = Segment.TryOpen(_folder.Directory, ObjectKind.Queue, "q")!;
        _ring = new RingMemory(_segment, 0, 0);
    }

    private uint* Word => (uint*)(_ring.Data - RingMemory.ControlSize + RingMemory.SendLockOffset);

    public void Dispose()
    {
        _segment.Release();
        _queue.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void One_thread_at_a_time_is_in_a_lock()
    {
        const int Each = 50_000;
        long guarded = 0;
        Task[] tasks = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                Assert.NotEqual(LockEntry.TimedOut, _ring.SendLock.Enter(Deadline.Never, default));
                guarded++;
                _ring.SendLock.Exit();
            }
        }))];
        Assert.True(Task.WaitAll(tasks, TestFolder.Long));
        Assert.Equal(4 * Each, guarded);
        Assert.False(_ring.SendLock.IsHeld);
    }

    [Fact]
    public void The_lock_of_a_dead_process_is_taken_over_by_one_of_those_who_wait()
    {
        for (int round = 0; round < 5; round++)
        {
            var dead = new ParticipantTable(_segment.Base + SegmentHeader.ParticipantsOffset, _folder.Directory.FullPath, Guid.NewGuid());
            uint owner = dead.Claim("q");
            Assert.True(new RobustLock(Word, dead, owner).TryEnter());
            Assert.True(_ring.SendLock.IsAbandoned);
            int takenOver = 0;
            Task[] tasks = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                if (_ring.SendLock.Enter(Deadline.After(TestFolder.Long), default) == LockEntry.TakenOver)
                {
                    Interlocked.Increment(ref takenOver);
                }

                _ring.SendLock.Exit();
            }))];
            Assert.True(Task.WaitAll(tasks, TestFolder.Long));
            Assert.Equal(1, takenOver);
            Assert.Equal(0u, *Word);
            dead.Release(owner);
        }
    }

    [Fact]
    public void A_wait_for_a_held_lock_ends_with_time_and_cancellation()
    {
        Assert.True(_ring.SendLock.TryEnter());
        Assert.False(_ring.SendLock.TryEnter());
        Assert.Equal(LockEntry.TimedOut, _ring.SendLock.Enter(Deadline.Now, default));
        Assert.Equal(LockEntry.TimedOut, _ring.SendLock.Enter(Deadline.After(TimeSpan.FromMilliseconds(120)), default));
        using var cancellation = new CancellationTokenSource();
        Task waiting = Task.Run(() => _ring.SendLock.Enter(Deadline.Never, cancellation.Token));
        cancellation.Cancel();
        var error = Assert.Throws<AggregateException>(() => Assert.True(waiting.Wait(TestFolder.Long), "it hangs"));
        Assert.IsType<OperationCanceledException>(error.InnerException);
        _ring.SendLock.Exit();
        Assert.True(_ring.SendLock.TryEnter());
        _ring.SendLock.Exit();
    }

    [Fact]
    public void Sleepers_of_an_event_count_are_always_woken()
    {
        // Each thread sleeps without limit until it is its turn: a lost wake hangs.
        const int Rounds = 30_000;
        const int Threads = 3;
        EventCount wait = _ring.DataEvent;
        int turn = 0;
        Task[] tasks = [.. Enumerable.Range(0, Threads).Select(me => Task.Factory.StartNew(
            () =>
            {
                for (int round = 0; round < Rounds / Threads; round++)
                {
                    while (true)
                    {
                        uint seen = wait.Prepare();
                        if (Volatile.Read(ref turn) % Threads == me)
                        {
                            break;
                        }

                        wait.Sleep(seen, guarded: false, Deadline.Never, default);
                    }

                    Interlocked.Increment(ref turn);
                    wait.WakeSleepers();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Assert.True(Task.WaitAll(tasks, TestFolder.Long), "a wake was lost");
        Assert.Equal(Rounds, turn);
    }
}
