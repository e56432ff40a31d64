using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>Who waits for a primitive sleeps; who is the weaker one gets it as well.</summary>
public sealed class SleeperTests : IDisposable
{
    private const int Turns = 200;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_sleeper_on_any_primitive_uses_no_processor_time()
    {
        using SharedLock locked = SharedLock.Create("lock", directory: _folder.Directory);
        using SharedSemaphore semaphore = SharedSemaphore.Create(0, name: "semaphore", directory: _folder.Directory);
        using SharedEvent happened = SharedEvent.Create("event", directory: _folder.Directory);
        using SharedBarrier barrier = SharedBarrier.Create(2, "barrier", directory: _folder.Directory);
        using SharedCondition condition = SharedCondition.Create("condition", directory: _folder.Directory);
        locked.Enter(Deadline.Never);
        string[] kinds = ["lock", "semaphore", "event", "barrier", "condition"];
        Peer[] peers = [.. kinds.Select(k => new Peer(_folder, "sleep", k, k))];
        try
        {
            bool IsWaitedFor(string kind) => _folder.Directory.List().Single(o => o.Name == kind).WaitingProcesses.Length == 1;
            Assert.True(SpinWait.SpinUntil(() => Array.TrueForAll(kinds, IsWaitedFor), TestFolder.Long));

            // Ticks of 10 ms: none but for the looks of one that waits for a lock, 20 a second, whether its holder lives. A program that was just started compiles for a while.
            bool AreAsleep()
            {
                long[] before = [.. peers.Select(p => p.ProcessorTicks())];
                Thread.Sleep(2000);
                return peers.Select((p, i) => p.ProcessorTicks() - before[i]).All(ticks => ticks <= 2);
            }

            Assert.True(SpinWait.SpinUntil(AreAsleep, TestFolder.Long));
            locked.Exit();
            semaphore.Exit();
            happened.Set();
            condition.Set();
            Assert.True(barrier.Wait(Deadline.After(TestFolder.Long)));
            Array.ForEach(peers, p => p.EndWell());
        }
        finally
        {
            Array.ForEach(peers, p => p.Dispose());
        }
    }

    [Fact]
    public void Two_that_take_a_permit_again_and_again_do_not_starve_another()
    {
        using SharedSemaphore semaphore = SharedSemaphore.Create(1, name: "s", directory: _folder.Directory);
        using Peer first = Started("semaphore-churn", "s");
        using Peer second = Started("semaphore-churn", "s");
        for (int i = 0; i < Turns; i++)
        {
            Assert.True(semaphore.Enter(Deadline.After(TestFolder.Long)));
            semaphore.Exit();
        }
    }

    [Fact]
    public void Two_that_write_a_dictionary_again_and_again_do_not_starve_another()
    {
        using Memory.SharedDictionaryStore store = Memory.SharedDictionaryStore.Create("d", directory: _folder.Directory);
        using Peer first = Started("dictionary-churn", "d", 1);
        using Peer second = Started("dictionary-churn", "d", 2);
        using var end = new CancellationTokenSource(TestFolder.Long);
        for (int i = 0; i < Turns; i++)
        {
            Assert.True(store.Set("mine", BitConverter.GetBytes(i), 1, cancellation: end.Token));
            Assert.True(store.TryGet("mine", out Memory.DictionaryEntryBytes mine, end.Token));
            Assert.Equal(i, BitConverter.ToInt32(mine.Value));
        }
    }

    [Fact]
    public void Two_that_write_a_value_again_and_again_do_not_starve_another()
    {
        using Memory.SharedCell cell = Memory.SharedCell.Create(new Memory.BlockLayout(Memory.ElementType.String, 2000, [1]), [], "v", directory: _folder.Directory);
        using Peer first = Started("cell-churn", "v");
        using Peer second = Started("cell-churn", "v");
        using var end = new CancellationTokenSource(TestFolder.Long);
        for (int i = 0; i < Turns; i++)
        {
            Assert.True(cell.TryReplace(new byte[] { 1 }, cancellation: end.Token));
            cell.Read(out _, end.Token);
        }
    }

    private Peer Started(params object[] words)
    {
        var peer = new Peer(_folder, words);
        peer.WaitForOutput();
        return peer;
    }
}
