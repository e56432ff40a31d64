using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Far;
using PSIpc.Core.Waiting;
using PSIpc.TestPeer;

namespace PSIpc.Core.Tests.Pools;

/// <summary>Pools whose workers are on other machines: here, behind mailboxes of their own.</summary>
[Trait("Tier", "Long")]
public sealed class FarPoolTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<Machine> _machines = [];
    private WorkerPool? _pool;
    private FarLauncher? _launcher;

    public void Dispose()
    {
        _pool?.Dispose();
        Assert.True(_pool?.WaitUntilGone(Deadline.After(TestFolder.Long), default) ?? true, "the pool stays");
        _launcher?.Dispose();
        _machines.ForEach(m => m.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false, false, null)]
    [InlineData(true, false, null)]
    [InlineData(true, false, "a key")]
    [InlineData(false, true, null)]
    [InlineData(true, true, "a key")]
    public void Items_of_several_machines_come_in_order_each_once(bool doubles, bool reorders, string? key)
    {
        FarSettings settings = Settings(key);
        _machines.AddRange([new Machine(_folder, settings, doubles, reorders), new Machine(_folder, settings, doubles, reorders)]);
        Start(settings, doubles, reorders);
        List<ResultSegment> results = Run(Enumerable.Range(0, 2000).Select(i => PoolHarness.Item(PoolVerbs.Echo, i)));
        Assert.Equal(Enumerable.Range(0, 2000), results.Select(r => PoolHarness.NumberOf(r)));
        Assert.All(results, r => Assert.False(r.IsFailed));
    }

    [Fact]
    public void All_machines_take_part()
    {
        FarSettings settings = Settings();
        _machines.AddRange([new Machine(_folder, settings), new Machine(_folder, settings)]);
        Start(settings);
        List<ResultSegment> results = Run(Enumerable.Range(0, 60).Select(_ => PoolHarness.Item(PoolVerbs.Sleep, 20)));
        Assert.Equal(2, results.Select(r => r.Worker).Distinct().Count());
        Assert.Equal(60, results.Count(r => !r.IsFailed));
    }

    [Fact]
    public void Recorded_tasks_of_a_worker_follow_each_other()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        Run(Enumerable.Range(0, 300).Select(_ => PoolHarness.Item(PoolVerbs.Sleep, 1)), new CallOptions { IsRecorded = true });
        RecordedTask[] tasks = _pool!.Log!.Read().Tasks;
        Assert.Equal(300, tasks.Length);
        foreach (IGrouping<int, RecordedTask> worker in tasks.GroupBy(t => t.Worker))
        {
            Assert.All(worker.Zip(worker.Skip(1)), pair => Assert.True(pair.First.EndedAt <= pair.Second.StartedAt && pair.First.Elapsed > 0));
        }
    }

    [Fact]
    public void A_worker_that_dies_fails_the_item_that_it_ran_and_no_other()
    {
        FarSettings settings = Settings();
        _machines.AddRange([new Machine(_folder, settings), new Machine(_folder, settings)]);
        Start(settings);
        List<ResultSegment> results = Run(Enumerable.Range(0, 300).Select(i => PoolHarness.Item(i % 100 == 50 ? PoolVerbs.Die : PoolVerbs.Echo, i)));
        Assert.Equal(300, results.Count);
        Assert.Equal([50, 150, 250], results.Where(r => r.IsFailed).Select(r => PoolHarness.NumberOf(r)));
        Assert.All(results.Where(r => r.IsFailed), r => Assert.Contains(Environment.MachineName, r.Death!.What, StringComparison.Ordinal));
    }

    [Fact]
    public void An_item_that_runs_too_long_fails_alone()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        List<ResultSegment> results = Run(
            Enumerable.Range(0, 20).Select(i => PoolHarness.Item(i == 7 ? PoolVerbs.Hang : PoolVerbs.Echo, i)),
            new CallOptions { TaskTimeoutTicks = System.Diagnostics.Stopwatch.Frequency });
        Assert.Equal(20, results.Count);
        ResultSegment late = Assert.Single(results, r => r.IsFailed);
        Assert.Equal(7, PoolHarness.NumberOf(late));
        Assert.True(late.Flags.HasFlag(ResultFlags.TimedOut));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    public void A_machine_that_is_cut_off_costs_what_it_was_running(int retries, int lost)
    {
        FarSettings settings = Settings() with { Patience = TimeSpan.FromSeconds(2) };
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        PoolCall call = _pool!.Open(new CallOptions { RetryCount = retries }, default);
        for (int i = 0; i < 40; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Sleep, 100));
        }

        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => call.Done >= 3, TestFolder.Long), "no item is done");
        _machines[0].Cut();
        _machines.Add(new Machine(_folder, settings));
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.Equal(40, results.Count(r => r.IsDone));
        Assert.Equal(lost, results.Count(r => r.IsFailed));
    }

    [Fact]
    public void A_machine_that_leaves_finishes_what_it_has()
    {
        FarSettings settings = Settings();
        _machines.AddRange([new Machine(_folder, settings), new Machine(_folder, settings)]);
        Start(settings);
        PoolCall call = _pool!.Open(new CallOptions(), default);
        for (int i = 0; i < 60; i++)
        {
            call.Add(PoolHarness.Item(PoolVerbs.Sleep, 20));
        }

        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => call.Done >= 10, TestFolder.Long), "no item is done");
        _machines[0].Leave();
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.Equal(60, results.Count(r => !r.IsFailed));
        Assert.True(_machines[0].HasLeft(TestFolder.Long), "it does not leave");
    }

    [Fact]
    public void A_worker_serves_one_pool_after_another_with_a_new_process()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        int first = Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker;
        _pool!.Close();
        Assert.True(_pool.WaitUntilGone(Deadline.After(TestFolder.Long), default));
        _launcher!.Dispose();
        Start(settings);
        Assert.NotEqual(first, Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker);
    }

    [Fact]
    public void A_worker_of_another_key_is_not_taken_and_runs_nothing()
    {
        _machines.Add(new Machine(_folder, Settings("wrong")));
        Start(Settings("right"));
        PoolCall call = _pool!.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Echo));
        call.EndInput();
        Assert.False(call.WaitForResults(Deadline.After(TimeSpan.FromSeconds(2)), default));
        _machines.Add(new Machine(_folder, Settings("right")));
        List<ResultSegment> results = [];
        PoolHarness.Finish(call, results);
        Assert.False(Assert.Single(results).IsFailed);
    }

    [Fact]
    public void A_pool_without_workers_is_removed_at_once()
    {
        Start(Settings());
        _pool!.Open(new CallOptions(), default).Add(PoolHarness.Item(PoolVerbs.Echo));
        _pool.Dispose();
        Assert.True(_pool.WaitUntilGone(Deadline.After(TimeSpan.FromSeconds(20)), default));
    }

    [Fact]
    public void Calls_that_are_cancelled_at_once_cost_no_worker()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        int worker = Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker;
        for (int i = 0; i < 50; i++)
        {
            PoolCall call = _pool!.Open(new CallOptions(), default);
            call.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
            call.EndInput();
            Assert.True(SpinWait.SpinUntil(() => _pool.Workers.Any(w => w.IsRunning), TestFolder.Long), "the item is not given");
            call.Cancel(TestFolder.Long);
        }

        Assert.Equal(worker, Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker);
    }

    [Fact]
    public void A_cancelled_call_stops_its_items_and_leaves_the_workers_alive()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        Start(settings);
        int worker = Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker;
        PoolCall call = _pool!.Open(new CallOptions(), default);
        call.Add(PoolHarness.Item(PoolVerbs.Sleep, 600_000));
        call.EndInput();
        Assert.True(SpinWait.SpinUntil(() => _pool.Workers.Any(w => w.IsRunning), TestFolder.Long), "the item is not begun");
        call.Cancel(TestFolder.Long);
        Assert.Equal(worker, Run([PoolHarness.Item(PoolVerbs.Echo)])[0].Worker);
    }

    [Fact]
    public void A_worker_whose_token_is_lost_is_offered_again()
    {
        FarSettings settings = Settings();
        _machines.Add(new Machine(_folder, settings));
        using (Channels.IMessageReceiver tokens = new LocalMail(_folder).OpenReceiver(settings.TokenMailbox))
        {
            Assert.True(tokens.Receive(new Channels.ReceivedMessage(), Deadline.After(TestFolder.Long)), "no token"); // As by a pool that is killed before it says hello.
        }

        Start(settings);
        Assert.False(Assert.Single(Run([PoolHarness.Item(PoolVerbs.Echo)])).IsFailed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_mailbox_of_tokens_that_went_for_want_of_use_is_made_again(bool hasMachine)
    {
        FarSettings settings = Settings();
        var mail = new LocalMail(_folder);
        if (hasMachine)
        {
            _machines.Add(new Machine(_folder, settings));
            Assert.True(SpinWait.SpinUntil(() => mail.Count(settings.TokenMailbox, default) > 0, TestFolder.Long), "no token");
        }

        Start(settings);
        PoolCall? call = hasMachine ? null : Open();
        Thread.Sleep(500);
        mail.Remove(settings.TokenMailbox);
        if (!hasMachine)
        {
            _machines.Add(new Machine(_folder, settings));
        }

        List<ResultSegment> results = [];
        PoolHarness.Finish(call ?? Open(), results);
        Assert.False(Assert.Single(results).IsFailed);

        PoolCall Open()
        {
            PoolCall opened = _pool!.Open(new CallOptions(), default);
            opened.Add(PoolHarness.Item(PoolVerbs.Echo));
            opened.EndInput();
            return opened;
        }
    }

    private static FarSettings Settings(string? key = null) => new()
    {
        Pool = "render",
        Key = key is null ? null : System.Text.Encoding.UTF8.GetBytes(key),
        PingInterval = TimeSpan.FromMilliseconds(200),
        OfferInterval = TimeSpan.FromMilliseconds(300),
    };

    private void Start(FarSettings settings, bool doubles = false, bool reorders = false)
    {
        _launcher = new FarLauncher(new LocalMail(_folder) { Doubles = doubles, Reorders = reorders }, settings with { Directory = _folder.Directory });
        _pool = WorkerPool.Create(
            new WorkerPoolOptions { Name = $"far-{Guid.NewGuid():N}"[..20], WorkerCount = 2, IsEager = false, IsFar = true, Directory = _folder.Directory },
            _launcher);
    }

    private List<ResultSegment> Run(IEnumerable<byte[]> items, CallOptions? options = null)
    {
        PoolCall call = _pool!.Open(options ?? new CallOptions(), default);
        List<ResultSegment> results = [];
        foreach (byte[] item in items)
        {
            call.Add(item);
        }

        call.EndInput();
        PoolHarness.Finish(call, results);
        return [.. results.Where(r => r.IsDone)];
    }

    /// <summary>A machine with one worker.</summary>
    private sealed class Machine : IDisposable
    {
        private readonly CancellationTokenSource _leaving = new();
        private readonly LocalMail _mail;
        private readonly Thread _thread;

        public Machine(TestFolder folder, FarSettings settings, bool doubles = false, bool reorders = false)
        {
            _mail = new LocalMail(folder) { Doubles = doubles, Reorders = reorders };
            var host = new FarHost(_mail, settings with { Directory = folder.Directory }, new PeerLauncher(folder));
            _thread = new Thread(() => host.Run(_leaving.Token)) { IsBackground = true };
            _thread.Start();
        }

        public void Cut() => _mail.IsCut = true;

        public void Leave() => _leaving.Cancel();

        public bool HasLeft(TimeSpan time) => _thread.Join(time);

        public void Dispose()
        {
            Leave();
            _thread.Join(TestFolder.Long);
            _leaving.Dispose();
        }
    }
}
