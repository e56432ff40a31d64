using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests.Pools;

/// <summary>The engine of pools, with real worker processes that know bytes only.</summary>
public sealed class WorkerPoolTests
{
    [Fact]
    public void Results_come_in_the_order_of_the_items()
    {
        using var harness = new PoolHarness();
        List<ResultSegment> results = harness.Run(PoolHarness.Echoes(50_000));
        Assert.Equal(Enumerable.Range(0, 50_000), results.Select(r => PoolHarness.NumberOf(r)));
        Assert.All(results, r => Assert.True(r.IsDone && !r.IsFailed && r.Records.Span.SequenceEqual(r.Input.Span)));
    }

    [Fact]
    public void Unordered_results_are_the_same_ones()
    {
        using var harness = new PoolHarness(3);
        List<ResultSegment> results = harness.Run(PoolHarness.Echoes(50_000), new CallOptions { IsOrdered = false });
        Assert.Equal(Enumerable.Range(0, 50_000), results.Select(r => PoolHarness.NumberOf(r)).Order());
    }

    [Fact]
    public void All_workers_take_part()
    {
        using var harness = new PoolHarness(3);
        int[] workers = harness.WaitForWorkers(3);
        List<ResultSegment> results = harness.Run(Enumerable.Range(0, 30).Select(_ => PoolHarness.Item(PoolVerbs.Sleep, 50)));
        Assert.Equal(workers.Order(), results.Select(r => r.Worker).Distinct().Order());
    }

    [Fact]
    public void A_large_result_that_comes_too_early_holds_up_none_that_is_waited_for()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);
        byte[] large = new byte[8 << 20];
        byte[] small = PoolHarness.Item(PoolVerbs.Sleep, 1_000);
        List<ResultSegment> results = harness.Run([small, .. Enumerable.Repeat(large, 20)]);
        Assert.Equal(21, results.Count);
        Assert.All(results.Skip(1), r => Assert.Equal(large.Length, r.Records.Length));
    }

    [Fact]
    public void An_unordered_result_does_not_wait_for_a_slow_item()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);
        List<ResultSegment> results = harness.Run(
            [PoolHarness.Item(PoolVerbs.Sleep, 2_000), .. PoolHarness.Echoes(100)], new CallOptions { IsOrdered = false });
        Assert.Equal(2_000, PoolHarness.NumberOf(results[^1]));
    }

    [Fact]
    public void A_call_without_items_ends()
    {
        using var harness = new PoolHarness();
        Assert.Empty(harness.Run([]));
    }

    [Fact]
    public void Large_and_empty_items_and_parts_arrive_whole()
    {
        using var harness = new PoolHarness();
        byte[] large = new byte[10 << 20];
        new Random(5).NextBytes(large);
        large[0] = PoolVerbs.Echo;
        List<ResultSegment> results = harness.Run([large, PoolHarness.Item(PoolVerbs.Parts, 7), [PoolVerbs.Echo], large]);
        Assert.True(results[0].Records.Span.SequenceEqual(large) && results[^1].Records.Span.SequenceEqual(large));
        Assert.Equal([1, 2, 5], results.Where(r => r.Index == 1).Select(r => r.Records.Length));
        Assert.Equal([false, false, true], results.Where(r => r.Index == 1).Select(r => r.IsDone));
        Assert.Equal(1, results.Single(r => r.Index == 2).Records.Length);
    }

    [Fact]
    public void A_throttled_call_has_no_more_workers_than_it_may()
    {
        using var harness = new PoolHarness(3);
        harness.WaitForWorkers(3);
        List<ResultSegment> results = harness.Run(
            Enumerable.Range(0, 60).Select(_ => PoolHarness.Item(PoolVerbs.Sleep, 5)), new CallOptions { ThrottleLimit = 1 });
        for (int i = 1; i < results.Count; i++)
        {
            Assert.True(results[i].StartedAt >= results[i - 1].StartedAt + results[i - 1].Elapsed);
        }
    }

    [Fact]
    public void A_worker_is_replaced_after_its_number_of_items()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, MaxTasksPerWorker = 10 });
        List<ResultSegment> results = harness.Run(PoolHarness.Echoes(100));
        Assert.Equal(100, results.Count);
        Assert.All(results.GroupBy(r => r.Worker), w => Assert.InRange(w.Count(), 1, 10));
    }

    [Fact]
    public void Each_worker_runs_the_end_of_a_call_once_after_its_items()
    {
        using var harness = new PoolHarness();
        List<ResultSegment> results = harness.Run(PoolHarness.Echoes(1_000), new CallOptions { HasEnd = true });
        ResultSegment[] ends = [.. results.Skip(1_000)];
        Assert.All(ends, e => Assert.True(e.Block is null && e.Records.Span.SequenceEqual("end"u8)));
        Assert.Equal(results.Take(1_000).Select(r => r.Worker).Distinct().Order(), ends.Select(e => e.Worker).Order());
    }

    [Fact]
    public void Definitions_are_sent_once_to_each_worker()
    {
        using var harness = new PoolHarness(workers: 1);
        CallOptions With(int key) => new() { DefinitionsKey = new Guid(key, 0, 0, new byte[8]), Definitions = new byte[] { 1 } };
        int Received(int key) => harness.Run([PoolHarness.Item(PoolVerbs.Definitions)], With(key)).Single().Records.Span[0];
        Assert.Equal([1, 1, 2, 2, 2], new[] { Received(1), Received(1), Received(2), Received(1), Received(2) });
        harness.Run([PoolHarness.Item(PoolVerbs.Die)], With(1));
        Assert.Equal([1, 1, 2], new[] { Received(1), Received(1), Received(2) });
    }

    [Fact]
    public void A_cancelled_call_stops_its_items_and_leaves_the_workers_alive()
    {
        using var harness = new PoolHarness();
        int[] workers = harness.WaitForWorkers(2);
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        for (int i = 0; i < 100; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Sleep, 60_000));
        }

        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Counts.Running == 2, TestFolder.Long));
        call.Cancel(TestFolder.Long);
        Assert.True(call.IsOver && call.IsCancelled);
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
        Assert.Equal(workers.Order(), harness.WaitForWorkers(2).Order());
    }

    [Fact]
    public void A_long_item_holds_up_nothing_that_waits_behind_it()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);

        // All in one chunk: the first would have the others wait.
        PoolCall call = harness.Pool.Open(new CallOptions { IsOrdered = false, ChunkSize = 100 }, default);
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 2_000));
        for (int i = 0; i < 99; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Echo, i));
        }

        call.EndInput();
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.Equal(2_000, PoolHarness.NumberOf(results[^1]));
    }

    [Fact]
    public void An_item_that_comes_late_is_begun_though_all_workers_are_busy_or_dead()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false });
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Die));
        List<ResultSegment> results = [];
        Take(call, results, 1);
        Thread.Sleep(50); // The pool has nothing to do, and no worker.
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Workers.Any(w => w.IsRunning), TestFolder.Long), "the second item is not begun");
        Thread.Sleep(50);
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Workers.Count(w => w.IsRunning) == 2, TestFolder.Long), "the third item is not begun");
        call.Cancel(TimeSpan.Zero);
    }

    [Fact]
    public void Workers_of_an_idle_pool_go_though_the_input_ended_long_after_the_last_item()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false, IdleTime = TimeSpan.FromMilliseconds(100) });
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        List<ResultSegment> results = [];
        Take(call, results, 1);
        Thread.Sleep(300);
        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Workers.Count == 0, TestFolder.Long), "workers stay");
    }

    [Fact]
    public void As_many_workers_start_at_a_time_as_there_are_processors_unless_their_starts_wait()
    {
        int processors = Environment.ProcessorCount;
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = (2 * processors) + 1, IsEager = false });
        harness.Launcher.HangsAtStart = true;
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        for (int i = 0; i <= 2 * processors; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Echo));
        }

        Assert.True(SpinWait.SpinUntil(() => harness.Launcher.Started.Count == (2 * processors) + 1, TestFolder.Long), "some never start");
        DateTime[] starts = [.. harness.Pool.Workers.Select(w => w.Started).Order()];
        Assert.True(starts[processors] - starts[0] > TimeSpan.FromMilliseconds(900), $"{starts[processors] - starts[0]}");
        call.Cancel(TimeSpan.Zero);
    }

    [Fact]
    public void The_end_of_a_call_is_run_by_those_that_ran_its_items_and_waits_for_no_other_call()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);
        PoolCall busy = harness.Pool.Open(new CallOptions(), default);
        busy.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
        busy.EndInput();
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Workers.Any(w => w.IsRunning), TestFolder.Long), "the long item is not begun");
        for (int round = 0; round < 20; round++)
        {
            List<ResultSegment> results = harness.Run(PoolHarness.Echoes(300), new CallOptions { HasEnd = true });
            Assert.Equal(301, results.Count(r => r.IsDone));
        }

        busy.Cancel(TimeSpan.Zero);
    }

    [Fact]
    public void What_is_done_can_be_taken_when_the_rest_is_given_up()
    {
        using var harness = new PoolHarness();
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
        for (int i = 1; i < 10; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Echo, i));
        }

        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => call.Done == 9, TestFolder.Long), "the others are not run");
        call.Cancel(TimeSpan.Zero, keepsDone: true);
        List<ResultSegment> results = [];
        while (call.TryTake(results))
        {
        }

        Assert.Equal(Enumerable.Range(1, 9), results.Select(r => PoolHarness.NumberOf(r)));
    }

    private static void Take(PoolCall call, List<ResultSegment> results, int count)
    {
        while (results.Count < count)
        {
            Assert.True(call.WaitForResults(Deadline.After(TestFolder.Long), default), "no result comes");
            call.TryTake(results);
        }
    }

    [Fact]
    public void A_setup_that_fails_ends_the_call_with_what_the_worker_says()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false, Setup = new byte[] { PoolVerbs.Die, 9 } });
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        PoolHarness.Finish(call, []);
        Assert.Equal([PoolVerbs.Die, 9], call.FailureRecord.ToArray());
    }

    [Fact]
    public void A_call_that_cannot_be_run_ends_and_others_go_on()
    {
        using var harness = new PoolHarness();
        PoolCall call = harness.Pool.Open(new CallOptions(), new byte[] { PoolVerbs.Die, 8 });
        for (int i = 0; i < 10; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Echo));
        }

        PoolHarness.Finish(call, []);
        Assert.Equal([PoolVerbs.Die, 8], call.FailureRecord.ToArray());
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
    }

    [Fact]
    public void Workers_of_an_idle_pool_go_and_come_again()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false, IdleTime = TimeSpan.FromMilliseconds(100) });
        Assert.Empty(harness.Pool.Workers);
        harness.Run(PoolHarness.Echoes(10));
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Workers.Count == 0, TestFolder.Long));
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
        Assert.Equal(0, harness.Pool.Counts.Restarts);
    }

    [Fact]
    public void A_closed_pool_ends_what_it_has_and_takes_no_more()
    {
        using var harness = new PoolHarness();
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        for (int i = 0; i < 20; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Sleep, 10));
        }

        call.EndInput();
        harness.Pool.Close();
        Assert.Equal(IpcErrorKind.Closed, Assert.Throws<IpcException>(() => harness.Pool.Open(new CallOptions(), default)).Kind);
        Assert.True(harness.Pool.WaitUntilGone(Deadline.After(TestFolder.Long), default));
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.Equal(20, results.Count);
        Assert.Empty(harness.Folder.Files);
    }

    [Fact]
    public void Input_waits_for_room_and_room_comes_with_results_that_are_taken()
    {
        using var harness = new PoolHarness();
        PoolCall call = harness.Pool.Open(new CallOptions { Window = 100 }, default);
        int added = 0;
        for (; call.HasRoom; added++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Echo, added));
        }

        Assert.Equal(100, added);
        List<ResultSegment> results = [];
        Assert.True(call.WaitForResults(Deadline.After(TestFolder.Long), default));
        call.TryTake(results, 1);
        Assert.True(call.HasRoom);
        call.Cancel(TimeSpan.Zero);
    }

    [Fact]
    public void Many_calls_at_once_each_get_their_own_results()
    {
        using var harness = new PoolHarness();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            List<ResultSegment> results = harness.Run(Enumerable.Range(0, 3_000).Select(i => PoolHarness.Item(PoolVerbs.Echo, (n * 10_000) + i)));
            Assert.Equal(Enumerable.Range(n * 10_000, 3_000), results.Select(r => PoolHarness.NumberOf(r)));
        });
    }

    [Fact]
    public void A_pool_without_work_uses_no_processor_time()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);
        harness.Run(PoolHarness.Echoes(100));
        long Ticks(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ') is var f ? long.Parse(f[11], null) + long.Parse(f[12], null) : 0;
        Thread.Sleep(300); // What was under way comes to rest; a pool that polls would show below all the same.
        long before = harness.Pool.Workers.Sum(w => Ticks(w.ProcessId));
        Thread.Sleep(1_000);
        Assert.InRange(harness.Pool.Workers.Sum(w => Ticks(w.ProcessId)) - before, 0, 2);
    }
}
