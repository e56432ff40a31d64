using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests.Pools;

/// <summary>Workers that die, hang, are stopped, or do not start: each item has one result, and the pool goes on.</summary>
public sealed class WorkerDeathTests
{
    [Fact]
    public void A_stopped_worker_does_not_get_back_what_was_taken_from_it()
    {
        using var harness = new PoolHarness();
        int[] workers = harness.WaitForWorkers(2);
        foreach (int stopped in workers)
        {
            PeerLauncher.Signal(stopped, 19);
            try
            {
                Assert.Equal(5, harness.Run(Enumerable.Range(0, 5).Select(i => PoolHarness.Item(PoolVerbs.Echo, i))).Count);
            }
            finally
            {
                PeerLauncher.Signal(stopped, 18);
            }
        }
    }

    [Fact]
    public void A_stopped_worker_whose_ring_is_full_holds_up_no_end_of_the_pool()
    {
        using var harness = new PoolHarness(1);
        int worker = Assert.Single(harness.WaitForWorkers(1));
        Assert.Single(harness.Run([PoolHarness.Item(PoolVerbs.Echo)]));
        PeerLauncher.Signal(worker, 19);
        string file = Assert.Single(harness.Folder.Files, f => f.StartsWith("psipc.worker.", StringComparison.Ordinal));
        using (WorkerLink link = WorkerLink.Open(file["psipc.worker.".Length..], harness.Folder.Directory))
        {
            Span<byte> forget = stackalloc byte[PoolMessage.ShortHeaderSize];
            PoolMessage.WriteShort(forget, (byte)PoolRequest.Forget, 1000);
            while (link.TryGive(forget))
            {
            }
        }

        harness.Pool.Close();
        Assert.True(harness.Pool.WaitUntilGone(Deadline.After(TestFolder.Long), default), "the worker stays");
    }

    [Fact]
    public void A_pool_that_is_closed_replaces_workers_for_the_calls_that_it_has()
    {
        using var harness = new PoolHarness(1);
        int worker = Assert.Single(harness.WaitForWorkers(1));
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 60_000));
        call.Add(PoolHarness.Item(PoolVerbs.Echo, 1));
        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Counts.Running == 1, TestFolder.Long));
        harness.Pool.Close();
        PeerLauncher.Signal(worker, 9);
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.Equal([true, false], results.Select(r => r.IsFailed));
    }

    [Fact]
    public void What_kills_each_worker_before_it_begins_ends_the_call()
    {
        using var harness = new PoolHarness();
        PoolCall call = harness.Pool.Open(new CallOptions(), new byte[] { PoolVerbs.Exit });
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        PoolHarness.Finish(call, []);
        Assert.Equal(IpcErrorKind.WorkerDied, Assert.IsType<IpcException>(call.Failure).Kind);
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
    }

    [Fact]
    public void A_worker_that_dies_fails_the_item_that_it_ran_and_no_other()
    {
        using var harness = new PoolHarness();
        byte[][] items = [.. Enumerable.Range(0, 2_000).Select(i => PoolHarness.Item(i % 100 == 50 ? PoolVerbs.Die : PoolVerbs.Echo, i))];
        List<ResultSegment> results = harness.Run(items);
        Assert.Equal(Enumerable.Range(0, 2_000), results.Select(r => PoolHarness.NumberOf(r)));
        Assert.All(results, r => Assert.Equal(PoolHarness.NumberOf(r) % 100 == 50, (r.Flags & ResultFlags.Died) != 0));
        Assert.All(results.Where(r => r.IsFailed), r => Assert.Equal(137, r.Death!.ExitCode));
        Assert.Equal(20, harness.Pool.Counts.Restarts);
        Assert.Equal(20, harness.Pool.Counts.Failed);
    }

    [Fact]
    public void An_exit_is_told_from_a_kill()
    {
        using var harness = new PoolHarness(1);
        ResultSegment result = Assert.Single(harness.Run([PoolHarness.Item(PoolVerbs.Exit, 3)]));
        Assert.Equal((ResultFlags.Done | ResultFlags.Died, 3, "exited with code 3"), (result.Flags, result.Death!.ExitCode, result.Death.What));
    }

    [Fact]
    public void An_item_is_run_again_as_often_as_asked_for()
    {
        using var harness = new PoolHarness(1);
        List<ResultSegment> results = harness.Run(
            [PoolHarness.Item(PoolVerbs.Die, 1), PoolHarness.Item(PoolVerbs.Parts, 2)], new CallOptions { RetryCount = 2 });
        Assert.Equal(3, harness.Pool.Counts.Restarts);
        Assert.Equal(2, results[0].Block!.Attempts);
        Assert.True(results[0].IsFailed);
        Assert.Equal(3, results.Count(r => r.Index == 1));
    }

    [Fact]
    public void An_item_that_runs_too_long_fails_alone()
    {
        using var harness = new PoolHarness();
        harness.WaitForWorkers(2);
        byte[][] items = [.. Enumerable.Range(0, 200).Select(i => PoolHarness.Item(i is 3 or 120 ? PoolVerbs.Hang : PoolVerbs.Echo, i))];
        List<ResultSegment> results = harness.Run(items, new CallOptions { TaskTimeoutTicks = PoolHarness.Ticks(1) });
        Assert.Equal(Enumerable.Range(0, 200), results.Select(r => PoolHarness.NumberOf(r)));
        Assert.Equal([3, 120], results.Where(r => (r.Flags & ResultFlags.TimedOut) != 0).Select(r => PoolHarness.NumberOf(r)));
        Assert.Equal(2, results.Count(r => r.IsFailed));
    }

    [Fact]
    public void Workers_that_do_not_stop_are_killed_after_the_grace()
    {
        using var harness = new PoolHarness();
        int[] workers = harness.WaitForWorkers(2);
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Hang));
        call.Add(PoolHarness.Item(PoolVerbs.Hang));
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Counts.Running == 2, TestFolder.Long));
        call.Cancel(TimeSpan.FromMilliseconds(50));
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
        Assert.DoesNotContain(harness.WaitForWorkers(2), w => workers.Contains(w));
    }

    [Fact]
    public void What_a_stopped_worker_has_not_begun_is_run_by_others()
    {
        using var harness = new PoolHarness();
        int[] workers = harness.WaitForWorkers(2);
        harness.Run(PoolHarness.Echoes(2_000)); // Chunks are large by now, and so are those of the next call after its first ones.
        PoolCall call = harness.Pool.Open(new CallOptions { IsOrdered = false, ChunkSize = 50 }, default);
        PeerLauncher.Signal(workers[0], 19);
        List<ResultSegment> results = [];
        try
        {
            for (int i = 0; i < 200; i++)
            {
                call.Add(PoolHarness.Item(PoolVerbs.Echo, i));
            }

            call.EndInput();
            while (results.Count < 199)
            {
                Assert.True(call.WaitForResults(Deadline.After(TestFolder.Long), default), $"only {results.Count} results came");
                call.TryTake(results);
            }
        }
        finally
        {
            PeerLauncher.Signal(workers[0], 18);
        }

        PoolHarness.Finish(call, results);
        Assert.Equal(Enumerable.Range(0, 200), results.Select(r => PoolHarness.NumberOf(r)).Order());
    }

    [Fact]
    public void Workers_that_cannot_start_end_the_call_with_the_reason()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false });
        harness.Launcher.Failure = new IpcException(IpcErrorKind.NotFound, "no program");
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        PoolHarness.Finish(call, []);
        Assert.Equal("no program", call.Failure?.Message);

        // It does not stay broken.
        harness.Launcher.Failure = null;
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
    }

    [Fact]
    public void Workers_killed_while_they_start_are_started_again()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false });
        harness.Launcher.KillsAtStart = 5;
        Assert.Equal(10, harness.Run(PoolHarness.Echoes(10)).Count);
        // The call may be over before the last one that was killed is buried.
        Assert.True(SpinWait.SpinUntil(() => harness.Pool.Counts.Restarts == 5, TestFolder.Long));
    }

    [Fact]
    public void Workers_that_are_always_killed_while_they_start_end_the_call()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false });
        harness.Launcher.KillsAtStart = int.MaxValue;
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        PoolHarness.Finish(call, []);
        Assert.Equal(IpcErrorKind.WorkerDied, Assert.IsType<IpcException>(call.Failure).Kind);
    }

    [Fact]
    public void Workers_that_no_longer_start_do_not_end_what_others_run()
    {
        using var harness = new PoolHarness();
        int[] workers = harness.WaitForWorkers(2);
        harness.Launcher.EndsAtStart = true;
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        PeerLauncher.Signal(workers[0], 9);
        Assert.True(SpinWait.SpinUntil(() => harness.Launcher.Started.Count(p => p.HasExited) >= 6, TestFolder.Long), "no worker is started again");
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        call.EndInput();
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.False(Assert.Single(results).IsFailed);
    }

    [Fact]
    public void A_worker_that_never_gets_ready_is_killed_when_the_pool_is_closed()
    {
        using var harness = new PoolHarness(options: new WorkerPoolOptions { Name = "p", WorkerCount = 2, IsEager = false });
        harness.Launcher.HangsAtStart = true;
        PoolCall call = harness.Pool.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        Assert.True(SpinWait.SpinUntil(() => !harness.Launcher.Started.IsEmpty, TestFolder.Long));
        call.Cancel(TimeSpan.Zero);
        harness.Pool.Close();
        Assert.True(harness.Pool.WaitUntilGone(Deadline.After(TimeSpan.FromSeconds(60)), default), "the workers stay");
    }
}
