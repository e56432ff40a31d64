using PSIpc.Core.Leases;
using PSIpc.Core.Memory;
using PSIpc.Core.Segments;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Handles that are disposed while they are used, and processes that let go of an object and live on.</summary>
public sealed class LeavingTests : IDisposable
{
    private const int Rounds = 20_000;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Threads_on_one_recursive_handle_never_hold_the_lock_beside_another_handle()
    {
        using SharedLock shared = SharedLock.Create("l", recursive: true, directory: _folder.Directory);
        using SharedLock other = SharedLock.Open("l", _folder.Directory);
        int inside = 0;
        int wrong = 0;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        // Two threads of one handle may be inside together; never beside the thread of the other handle.
        void Churn(SharedLock mine, int weight)
        {
            while (!end.IsCancellationRequested)
            {
                mine.Enter(Deadline.Never);
                int now = Interlocked.Add(ref inside, weight);
                wrong |= now >= 100 && now != 100 ? 1 : 0;
                Interlocked.Add(ref inside, -weight);
                mine.Exit();
            }
        }

        Task.WaitAll(
            Task.Factory.StartNew(() => Churn(shared, 1), TaskCreationOptions.LongRunning),
            Task.Factory.StartNew(() => Churn(shared, 1), TaskCreationOptions.LongRunning),
            Task.Factory.StartNew(() => Churn(other, 100), TaskCreationOptions.LongRunning));
        Assert.Equal(0, wrong);
        Assert.False(shared.IsHeld);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_handle_disposed_while_it_takes_the_lock_does_not_keep_it()
    {
        using SharedLock other = SharedLock.Create("l", directory: _folder.Directory);
        for (int i = 0; i < Rounds; i++)
        {
            SharedLock mine = SharedLock.Open("l", _folder.Directory);
            using var both = new Barrier(2);
            Task taking = Task.Run(() =>
            {
                both.SignalAndWait();
                Try(() => mine.Enter(Deadline.Never));
            });
            both.SignalAndWait();
            mine.Dispose();
            taking.Wait(TestFolder.Long);
            Assert.True(other.Enter(Deadline.After(TestFolder.Long)), $"kept in round {i}");
            other.Exit();
        }
    }

    [Fact]
    public void A_barrier_handle_disposed_while_it_waits_has_not_arrived()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        SharedBarrier mine = SharedBarrier.Open("b", _folder.Directory);
        Task waiting = Task.Run(() => Try(() => mine.Wait(Deadline.Never)));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        mine.Dispose();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal((0, 0), (barrier.WaitingCount, barrier.CurrentPhase));
        Assert.False(barrier.Wait(Deadline.After(TimeSpan.FromMilliseconds(20))));
    }

    [Fact]
    public void A_condition_handle_disposed_while_it_waits_takes_no_wake()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        SharedCondition mine = SharedCondition.Open("c", _folder.Directory);
        Task waiting = Task.Run(() => Try(() =>
        {
            mine.Lock.Enter(Deadline.Never);
            mine.Wait(Deadline.Never);
        }));
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
        mine.Dispose();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(0, condition.WaitingCount);
    }

    [Fact]
    public void A_process_that_has_waited_at_a_barrier_and_lets_go_of_it_breaks_it_while_it_lives()
    {
        using SharedBarrier barrier = SharedBarrier.Create(2, "b", directory: _folder.Directory);
        using var peer = new Peer(_folder, "barrier-leave", "b");
        Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)));
        peer.WaitForOutput();
        Task<IpcException> waiting = Task.Run(() => Assert.Throws<IpcException>(() => barrier.Wait(Deadline.Never)));
        Assert.True(SpinWait.SpinUntil(() => barrier.WaitingCount == 1, TestFolder.Long));
        peer.WriteLine();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.PeerGone, waiting.Result.Kind);
    }

    [Fact]
    public void The_wake_of_a_process_that_lets_go_of_a_condition_goes_to_the_next_while_it_lives()
    {
        using SharedCondition condition = SharedCondition.Create("c", directory: _folder.Directory);
        using var peer = new Peer(_folder, "condition-leave", "c");
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 1, TestFolder.Long));
        using SharedCondition next = SharedCondition.Open("c", _folder.Directory);
        Task<bool> waiting = Task.Run(() =>
        {
            next.Lock.Enter(Deadline.Never);
            return next.Wait(Deadline.Never) && next.Lock.IsHeldHere;
        });
        Assert.True(SpinWait.SpinUntil(() => condition.WaitingCount == 2, TestFolder.Long));

        // The peer is woken and cannot have the lock before it lets go.
        condition.Lock.Enter(Deadline.Never);
        condition.Set();
        peer.WriteLine();
        peer.WaitForOutput();
        condition.Lock.Exit();
        Assert.True(waiting.Wait(TestFolder.Long) && waiting.Result);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Waiting_for_many_ends_when_an_event_is_removed_or_disposed(bool remove)
    {
        using SharedEvent first = SharedEvent.Create("a", directory: _folder.Directory);
        using SharedEvent second = SharedEvent.Create("b", directory: _folder.Directory);
        using var wait = new MultipleWait([first.Waitable, second.Waitable]);
        Task<IpcException> waiting = Task.Run(() => Assert.Throws<IpcException>(() => wait.Wait(all: false, Deadline.Never, default)));
        Assert.False(waiting.Wait(TimeSpan.FromMilliseconds(50)));
        if (remove)
        {
            second.Remove();
        }
        else
        {
            second.Dispose();
        }

        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.Equal(IpcErrorKind.Closed, waiting.Result.Kind);
    }

    [Trait("Tier", "Long")]
    [Fact]
    public void A_value_read_while_its_handle_is_disposed_is_whole_or_an_error()
    {
        var layout = new BlockLayout(ElementType.String, 64, [1]);
        for (int i = 0; i < 2_000; i++)
        {
            SharedCell mine = SharedCell.Create(layout, Enumerable.Repeat((byte)7, 64).ToArray(), directory: _folder.Directory);
            using var both = new Barrier(2);
            Task reading = Task.Run(() =>
            {
                both.SignalAndWait();
                Try(() =>
                {
                    while (true)
                    {
                        byte[] bytes = mine.Read(out _);
                        Assert.Equal(64, bytes.Length);
                        Assert.All(bytes, b => Assert.Equal(7, b));
                    }
                });
            });
            both.SignalAndWait();
            mine.Dispose();
            Assert.True(reading.Wait(TestFolder.Long));
        }
    }

    [Fact]
    public void Who_holds_and_who_waits_is_listed()
    {
        using SharedLock guarded = SharedLock.Create("l", directory: _folder.Directory);
        using SharedSemaphore permits = SharedSemaphore.Create(2, name: "s", directory: _folder.Directory);
        using SharedEvent happened = SharedEvent.Create("e", directory: _folder.Directory);
        SharedObjectInfo Info(string name) => _folder.Directory.List().Single(o => o.Name == name);
        Assert.Empty(Info("l").HolderProcesses);
        using var holder = new Peer(_folder, "lock-hold", "l");
        using var user = new Peer(_folder, "semaphore-hold", "s");
        using var waiter = new Peer(_folder, "event-wait", "e", 1);
        Assert.True(SpinWait.SpinUntil(() => Info("l").HolderProcesses.SequenceEqual([holder.Id]), TestFolder.Long));
        Assert.True(SpinWait.SpinUntil(() => Info("s").HolderProcesses.SequenceEqual([user.Id]), TestFolder.Long));
        Assert.True(SpinWait.SpinUntil(() => Info("e").WaitingProcesses.SequenceEqual([waiter.Id]), TestFolder.Long));
        Assert.Empty(Info("l").WaitingProcesses);
        Task<bool> entering = Task.Run(() => guarded.Enter(Deadline.After(TestFolder.Long)));
        Assert.True(SpinWait.SpinUntil(() => Info("l").WaitingProcesses.SequenceEqual([Environment.ProcessId]), TestFolder.Long));
        holder.Kill();
        Assert.True(entering.Wait(TestFolder.Long) && entering.Result && guarded.Abandoned);
        Assert.Equal([Environment.ProcessId], Info("l").HolderProcesses);
        Assert.Empty(Info("l").WaitingProcesses);
        happened.Set();
        waiter.EndWell();
    }

    [Fact]
    public void A_dictionary_whose_values_grow_uses_their_memory_again()
    {
        using SharedDictionaryStore store = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        for (int size = 1 << 10; size <= 1 << 20; size += 4 << 10)
        {
            store.Set("one", new byte[size], 0);
        }

        long length = new FileInfo(_folder.Directory.List().Single(o => o.Name == "d").FilePath).Length;
        Assert.InRange(length, 1 << 20, 16 << 20);
        Assert.Equal(["one"], store.Keys());
    }

    [Theory]
    [InlineData("event")]
    [InlineData("semaphore")]
    [InlineData("barrier")]
    [InlineData("condition")]
    public void An_object_whose_signal_is_damaged_is_refused(string kind)
    {
        SharedObject made = kind switch
        {
            "event" => SharedEvent.Create("d", persistent: true, directory: _folder.Directory),
            "semaphore" => SharedSemaphore.Create(1, name: "d", persistent: true, directory: _folder.Directory),
            "barrier" => SharedBarrier.Create(2, "d", persistent: true, _folder.Directory),
            _ => SharedCondition.Create("d", persistent: true, _folder.Directory),
        };
        made.Dispose();
        using (FileStream file = File.OpenWrite(Path.Combine(_folder.Directory.FullPath, $"psipc.{kind}.d")))
        {
            file.Position = SegmentHeader.BodyOffset + (kind == "condition" ? 256 : 0) + 128;
            file.WriteByte(0);
        }

        SharedObject Open() => kind switch
        {
            "event" => SharedEvent.Open("d", _folder.Directory),
            "semaphore" => SharedSemaphore.Open("d", _folder.Directory),
            "barrier" => SharedBarrier.Open("d", _folder.Directory),
            _ => SharedCondition.Open("d", _folder.Directory),
        };
        Assert.Equal(IpcErrorKind.CorruptData, Assert.Throws<IpcException>(Open).Kind);
    }

    [Fact]
    public void Listing_objects_survives_any_bytes_in_them()
    {
        SharedLock.Create("l", persistent: true, directory: _folder.Directory).Dispose();
        SharedSemaphore.Create(2, name: "s", persistent: true, directory: _folder.Directory).Dispose();
        SharedDictionaryStore.Create("d", persistent: true, directory: _folder.Directory).Dispose();
        var random = new Random(4);
        foreach (string name in new[] { "lock.l", "semaphore.s", "dictionary.d" })
        {
            string path = Path.Combine(_folder.Directory.FullPath, "psipc." + name);
            for (int i = 0; i < 60; i++)
            {
                // The table of processes and what follows it: participants, owners and holders of any kind.
                byte[] bytes = new byte[SegmentHeader.BodyOffset - SegmentHeader.ParticipantsOffset + Holders.BytesToLookAt];
                random.NextBytes(bytes);
                using (FileStream file = File.OpenWrite(path))
                {
                    file.Position = SegmentHeader.ParticipantsOffset;
                    file.Write(bytes.AsSpan(0, (int)Math.Min(bytes.Length, file.Length - file.Position)));
                }

                SharedObjectInfo info = _folder.Directory.List().Single(o => o.FilePath == path);
                Assert.Empty(info.AttachedProcesses);
                Assert.Empty(info.HolderProcesses);
                Assert.Empty(info.WaitingProcesses);
            }
        }
    }

    [Fact]
    public unsafe void What_a_former_owner_of_a_slot_counts_late_changes_nothing()
    {
        byte* slots = (byte*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(ParticipantTable.Size);
        try
        {
            var table = new ParticipantTable(slots, _folder.Directory.FullPath, _folder.Directory.LeaseId);
            uint former = table.Claim("x");
            table.CountWaiting(former, 1);
            Assert.Equal([Environment.ProcessId], table.WaitingProcesses());
            table.Release(former);
            uint now = table.Claim("x");
            Assert.Empty(table.WaitingProcesses());
            table.CountWaiting(now, 1);
            table.CountWaiting(former, -1);
            Assert.Equal([Environment.ProcessId], table.WaitingProcesses());
            table.CountWaiting(now, -1);
            table.CountWaiting(former, 1);
            table.CountWaiting(now, -1);
            Assert.Empty(table.WaitingProcesses());
        }
        finally
        {
            System.Runtime.InteropServices.NativeMemory.Free(slots);
        }
    }

    [Fact]
    public void One_that_waits_for_several_objects_is_listed_with_each()
    {
        using SharedEvent first = SharedEvent.Create("a", directory: _folder.Directory);
        using Channels.SharedQueue second = Channels.SharedQueue.Create("b", directory: _folder.Directory);
        using var wait = new MultipleWait([first.Waitable, second.Waitable]);
        Task waiting = Task.Run(() => wait.Wait(all: false, Deadline.Never, default));
        bool AreWaitedFor() => _folder.Directory.List().All(o => o.WaitingProcesses.SequenceEqual([Environment.ProcessId]));
        Assert.True(SpinWait.SpinUntil(AreWaitedFor, TestFolder.Long));
        first.Set();
        Assert.True(waiting.Wait(TestFolder.Long));
        Assert.All(_folder.Directory.List(), o => Assert.Empty(o.WaitingProcesses));
    }

    [Fact]
    public void A_barrier_whose_last_handle_goes_during_a_wait_says_so_and_never_that_all_arrived()
    {
        for (int i = 0; i < 500; i++)
        {
            SharedBarrier barrier = SharedBarrier.Create(2, directory: _folder.Directory);

            // Not the phase that zeros would name.
            Task<bool> other = Task.Run(() => barrier.Wait(Deadline.Never));
            Assert.True(barrier.Wait(Deadline.Never));
            Assert.True(other.Wait(TestFolder.Long));
            Task<bool> waiting = Task.Run(() => barrier.Wait(Deadline.Never));
            SpinWait.SpinUntil(() => barrier.WaitingCount == 1, i % 3);
            barrier.Dispose();
            Assert.True(((IAsyncResult)waiting).AsyncWaitHandle.WaitOne(TestFolder.Long));
            Assert.True(waiting.IsFaulted, $"round {i}: {waiting.Status}, {(waiting.IsCompletedSuccessfully ? waiting.Result : null)}");
            Assert.Equal(IpcErrorKind.Closed, Assert.IsType<IpcException>(waiting.Exception?.InnerException).Kind);
        }
    }

    [Fact]
    public void Free_neighbours_are_not_joined_by_a_walk_for_every_change()
    {
        const int Entries = 40_000;
        using SharedDictionaryStore store = SharedDictionaryStore.Create("d", directory: _folder.Directory);
        static string Key(int i) => $"k{i:D6}";
        for (int i = 0; i < Entries; i++)
        {
            store.Set(Key(i), new byte[9], 0);
        }

        // Holes too small for what comes, in more than a quarter of the file, then two neighbours free for each larger one.
        for (int i = 0; i < Entries; i += 2)
        {
            store.Delete(Key(i));
        }

        for (int i = 1; i + 2 < Entries; i += 8)
        {
            store.Delete(Key(i));
            store.Set($"large{i}", new byte[150], 0);
        }

        Assert.InRange(store.Joins, 0, 20);
        Assert.Equal(Entries / 2, store.Count);
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
        }
    }
}
