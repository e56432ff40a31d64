using System.Diagnostics;
using PSIpc.Core.Pools;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests.Pools;

/// <summary>What a pool keeps of what its workers did.</summary>
public sealed class TaskLogTests
{
    [Fact]
    public void The_newest_tasks_are_kept_and_the_others_counted()
    {
        var log = new TaskLog(most: 1000);
        for (int i = 0; i < 12_345; i++)
        {
            log.Add(new RecordedTask(i, 1, i, i % 3 == 0 ? 1u : 2u, 1, 1, TaskOutcome.Completed));
        }

        (RecordedTask[] tasks, long dropped) = log.Read();
        Assert.InRange(tasks.Length, 990, 1010);
        Assert.Equal(12_345, tasks.Length + dropped);
        Assert.Equal(Enumerable.Range((int)dropped, tasks.Length).Select(i => (long)i), tasks.Select(t => t.Item));
        (RecordedTask[] ofOne, long droppedOfOne) = log.Read(1);
        Assert.Equal(tasks.Where(t => t.Call == 1), ofOne);
        Assert.Equal(12_345 / 3, ofOne.Length + droppedOfOne);
    }

    [Fact]
    public void A_pool_that_records_nothing_has_no_log()
    {
        using var harness = new PoolHarness();
        harness.Run(Enumerable.Range(0, 50).Select(i => PoolHarness.Item(PoolVerbs.Echo, i)));
        Assert.Null(harness.Pool.Log);
    }

    [Fact]
    public void Each_item_of_a_recorded_call_is_kept_with_its_worker_and_time()
    {
        using var harness = new PoolHarness(2);
        int[] workers = harness.WaitForWorkers(2);
        long before = Stopwatch.GetTimestamp();
        harness.Run(Enumerable.Range(0, 40).Select(i => PoolHarness.Item(PoolVerbs.Sleep, 5)), new CallOptions { IsRecorded = true });
        harness.Run(Enumerable.Range(0, 10).Select(i => PoolHarness.Item(PoolVerbs.Echo, i)));
        (RecordedTask[] tasks, long dropped) = harness.Pool.Log!.Read();
        long after = Stopwatch.GetTimestamp();
        Assert.Equal(0, dropped);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), tasks.Select(t => t.Item).Order());
        Assert.Equal(workers.Order(), tasks.Select(t => t.ProcessId).Distinct().Order());
        Assert.All(tasks, t => Assert.True(t.StartedAt >= before && t.EndedAt <= after && t.Elapsed >= 4 * Stopwatch.Frequency / 1000 && t.Outcome == TaskOutcome.Completed));

        // A worker is at one task at a time.
        foreach (IGrouping<int, RecordedTask> worker in tasks.GroupBy(t => t.Worker))
        {
            RecordedTask[] own = [.. worker.OrderBy(t => t.StartedAt)];
            Assert.All(own.Zip(own.Skip(1)), pair => Assert.True(pair.First.EndedAt <= pair.Second.StartedAt));
        }
    }

    [Fact]
    public void How_tasks_ended_is_kept_and_attempts_count_each()
    {
        using var harness = new PoolHarness(1);
        var options = new CallOptions { IsRecorded = true, RetryCount = 1, TaskTimeoutTicks = Stopwatch.Frequency };
        harness.Run([PoolHarness.Item(PoolVerbs.Echo), PoolHarness.Item(PoolVerbs.Die), PoolHarness.Item(PoolVerbs.Hang), PoolHarness.Item(PoolVerbs.Echo)], options);
        RecordedTask[] tasks = harness.Pool.Log!.Read().Tasks;
        Assert.Equal(
            [(0L, TaskOutcome.Completed), (1, TaskOutcome.Died), (1, TaskOutcome.Died), (2, TaskOutcome.TimedOut), (2, TaskOutcome.TimedOut), (3, TaskOutcome.Completed)],
            tasks.Select(t => (t.Item, t.Outcome)).Order());
        Assert.All(tasks.Where(t => t.Outcome == TaskOutcome.TimedOut), t => Assert.True(t.Elapsed >= Stopwatch.Frequency));
        Assert.Equal(5, tasks.Select(t => t.Worker).Distinct().Count());
    }
}
