using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Remote;

namespace PSIpc.Core.Tests.Pools.Remote;

/// <summary>Callers and hosts of pools over many machines, at a broker in memory and on a clock that the test moves: each run of a seed is the same.</summary>
public sealed class RemotePoolTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    /// <summary>How many schedules a test of random ones runs.</summary>
    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("PSIPC_TEST_ROUNDS"), out int rounds) ? rounds : 60;

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public void Items_come_back_in_order_each_run_once(int microseconds)
    {
        var fleet = new Fleet(1, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(500, TimeSpan.FromMicroseconds(microseconds));
        fleet.Finish(caller);
        Assert.Equal(Enumerable.Range(0, 500), caller.Results.Select(r => r.Number));
        Assert.DoesNotContain(caller.Results, r => r.IsFailed);
        Assert.Empty(fleet.Log.BegunTwice);
    }

    [Fact]
    public void Long_items_keep_all_workers_busy()
    {
        var fleet = new Fleet(2, hosts: 4, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(800, TimeSpan.FromMilliseconds(100));
        long start = fleet.Time.GetTimestamp();
        fleet.Finish(caller);
        double busy = 800 * 0.1 / 8 / fleet.Time.GetElapsedTime(start).TotalSeconds;
        Assert.True(busy > 0.97, $"busy {busy:P1}");
    }

    [Fact]
    public void A_second_caller_gets_its_share_at_once()
    {
        var fleet = new Fleet(3, hosts: 2, slots: 2);
        Caller busy = fleet.AddCaller();
        busy.Begin(1000, TimeSpan.FromSeconds(1));
        fleet.Time.Run(TimeSpan.FromSeconds(10));
        Caller second = fleet.AddCaller();
        second.Begin(1, TimeSpan.FromSeconds(1));
        long start = fleet.Time.GetTimestamp();
        fleet.Finish(second);
        Assert.InRange(fleet.Time.GetElapsedTime(start).TotalSeconds, 1, 6);
    }

    [Fact]
    public void A_worker_that_dies_costs_the_item_that_it_ran()
    {
        var fleet = new Fleet(4, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(100, TimeSpan.FromMilliseconds(1), i => i == 50 ? -50 : i);
        fleet.Finish(caller);
        Assert.Equal([-50], caller.Results.Where(r => r.IsFailed).Select(r => r.Number));
        Assert.Equal(100, caller.Results.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_host_that_is_killed_costs_what_it_was_running(int retries)
    {
        var fleet = new Fleet(5, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(400, TimeSpan.FromMilliseconds(50), options: new CallOptions { RetryCount = retries });
        fleet.Time.Run(TimeSpan.FromSeconds(2));
        fleet.Kill(0);
        long start = fleet.Time.GetTimestamp();
        fleet.Finish(caller);
        Assert.Equal(400, caller.Results.Count);
        Assert.InRange(caller.Results.Count(r => r.IsFailed), retries == 0 ? 1 : 0, retries == 0 ? 4 : 0);
        Assert.Equal(retries == 0, !fleet.Log.BegunTwice.Any());
        Assert.Empty(fleet.Log.Overlaps);
        Assert.True(retries > 0 || fleet.Time.GetElapsedTime(start) < TimeSpan.FromSeconds(11));
    }

    [Fact]
    public void A_broker_that_is_killed_costs_nothing()
    {
        var fleet = new Fleet(6, hosts: 3, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(600, TimeSpan.FromMilliseconds(20));
        for (int i = 0; i < 3; i++)
        {
            fleet.Time.Run(TimeSpan.FromSeconds(0.4));
            fleet.Broker.Kill();
            fleet.Time.Run(TimeSpan.FromSeconds(3));
            fleet.Broker.Restart();
        }

        fleet.Finish(caller);
        Assert.Equal(Enumerable.Range(0, 600), caller.Results.Select(r => r.Number));
        Assert.DoesNotContain(caller.Results, r => r.IsFailed);
        Assert.Empty(fleet.Log.BegunTwice);
    }

    [Fact]
    public void A_broker_that_is_away_for_long_costs_nothing_that_is_not_to_be_retried()
    {
        var fleet = new Fleet(20, hosts: 3, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(40, TimeSpan.FromSeconds(30));
        fleet.Time.Run(TimeSpan.FromSeconds(5));
        fleet.Broker.Kill();
        fleet.Time.Run(TimeSpan.FromSeconds(60));
        fleet.Broker.Restart();
        fleet.Finish(caller);
        Assert.Equal(40, caller.Results.Count(r => !r.IsFailed));
        Assert.Empty(fleet.Log.BegunTwice);
    }

    [Fact]
    public void A_host_whose_cable_is_cut_ends_what_it_runs_before_it_is_run_again()
    {
        var fleet = new Fleet(7, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(20, TimeSpan.FromSeconds(20), options: new CallOptions { RetryCount = 1 });
        fleet.Time.Run(TimeSpan.FromSeconds(3));
        fleet.Transport(0).Cut(TimeSpan.FromSeconds(10));
        fleet.Time.Run(TimeSpan.FromSeconds(60));
        fleet.Transport(0).IsCut = false;
        fleet.Finish(caller);
        Assert.Equal(20, caller.Results.Count(r => !r.IsFailed));
        Assert.Empty(fleet.Log.Overlaps);
    }

    [Fact]
    public void Tasks_that_the_broker_loses_are_published_again()
    {
        var fleet = new Fleet(8, hosts: 1, slots: 1);
        Caller caller = fleet.AddCaller();
        caller.Begin(50, TimeSpan.FromMilliseconds(300));
        fleet.Time.Run(TimeSpan.FromSeconds(1));
        fleet.Broker.LoseTasks();
        fleet.Finish(caller);
        Assert.Equal(50, caller.Results.Count(r => !r.IsFailed));
        Assert.Empty(fleet.Log.BegunTwice);
    }

    [Fact]
    public void A_caller_that_is_killed_frees_the_hosts()
    {
        var fleet = new Fleet(9, hosts: 2, slots: 2);
        Caller killed = fleet.AddCaller();
        killed.Begin(100, TimeSpan.FromMinutes(30));
        fleet.Time.Run(TimeSpan.FromSeconds(2));
        killed.Transport.StaysAway = true;
        killed.Transport.Disconnect("killed");
        Caller other = fleet.AddCaller();
        other.Begin(10, TimeSpan.FromMilliseconds(10));
        fleet.Finish(other, TimeSpan.FromSeconds(30));
        Assert.Equal(10, other.Results.Count(r => !r.IsFailed));
    }

    [Fact]
    public void A_host_that_drains_finishes_what_it_runs_and_costs_nothing()
    {
        var fleet = new Fleet(10, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(200, TimeSpan.FromMilliseconds(60));
        fleet.Time.Run(TimeSpan.FromSeconds(1));
        fleet.Host(0).Drain();
        fleet.Finish(caller);
        Assert.True(fleet.Time.RunUntil(() => fleet.Host(0).Drained.IsCompleted, Long), "it does not end");
        Assert.Equal(200, caller.Results.Count(r => !r.IsFailed));
        Assert.Empty(fleet.Log.BegunTwice);
    }

    [Fact]
    public void The_end_of_a_call_runs_on_each_host_that_served_it_after_all_items()
    {
        var fleet = new Fleet(11, hosts: 3, slots: 1);
        Caller caller = fleet.AddCaller();
        caller.Begin(60, TimeSpan.FromMilliseconds(60), options: new CallOptions { HasEnd = true });
        fleet.Finish(caller);
        Assert.Equal(63, caller.Segments.Count(s => s.IsDone));
        Assert.All(caller.Segments.TakeLast(3), s => Assert.Null(s.Block));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_more_batches_than_the_limit_run_at_a_time(int limit)
    {
        var fleet = new Fleet(12, hosts: 3, slots: 2);
        Caller pool = fleet.AddCaller(workerCount: limit);
        pool.Begin(100, TimeSpan.FromMilliseconds(10));
        int most = 0;
        Assert.True(fleet.Time.RunUntil(
            () =>
            {
                most = Math.Max(most, fleet.Log.Running);
                return pool.IsOver;
            },
            Long));
        Assert.Equal(limit, most);
    }

    [Fact]
    public void A_short_item_behind_a_long_one_goes_to_another_host()
    {
        var fleet = new Fleet(13, hosts: 2, slots: 1);
        Caller caller = fleet.AddCaller();
        caller.Begin(200, i => i == 100 ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(20), options: new CallOptions { IsOrdered = false });
        Assert.True(fleet.Time.RunUntil(() => caller.Call.Done >= 197, TimeSpan.FromSeconds(20)), $"{caller.Call.Done} done");
        fleet.Finish(caller);
    }

    [Fact]
    public void Messages_of_another_key_run_nothing_and_are_named_as_the_reason()
    {
        var fleet = new Fleet(14, hosts: 0, slots: 1);
        fleet.AddHost([Bytes("another key of it")]);
        Caller caller = fleet.AddCaller(key: Bytes("the key of the pool"));
        caller.Begin(5, TimeSpan.FromMilliseconds(1));
        fleet.Time.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(0, fleet.Log.TimesBegun(0));
        fleet.AddHost([Bytes("a newer key of it"), Bytes("the key of the pool")]);
        fleet.Finish(caller);
        Assert.Equal(5, caller.Results.Count(r => !r.IsFailed));
    }

    [Fact]
    public void A_large_item_travels_with_its_grant_and_a_too_large_one_fails_at_once()
    {
        var fleet = new Fleet(15, hosts: 1, slots: 1);
        Caller caller = fleet.AddCaller();
        PoolCall call = caller.Pool.Open(new CallOptions(), default);
        byte[] large = new byte[5_000_000];
        SimulatedEngine.Item(7, TimeSpan.FromMilliseconds(1)).CopyTo(large, 0);
        call.Add(large);
        call.Add(new byte[MessageParts.MaxContent + 1]);
        call.EndInput();
        caller.Call = call;
        fleet.Finish(caller);
        Assert.Equal([large.Length, 0], caller.Segments.Select(s => s.Records.Length));
        Assert.Equal(IpcErrorKind.MessageTooLarge, Assert.IsType<IpcException>(caller.Segments[1].Refusal).Kind);
    }

    [Fact]
    public void A_cancelled_call_leaves_the_hosts_free()
    {
        var fleet = new Fleet(16, hosts: 2, slots: 2);
        Caller caller = fleet.AddCaller();
        caller.Begin(100, TimeSpan.FromMilliseconds(40));
        fleet.Time.Run(TimeSpan.FromSeconds(0.5));
        caller.Call.Cancel(TimeSpan.Zero);
        caller.Begin(100, TimeSpan.FromMilliseconds(1), i => 1000 + i);
        fleet.Finish(caller, TimeSpan.FromSeconds(20));
        Assert.Equal(100, caller.Results.Count(r => !r.IsFailed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Any_schedule_of_failures_leaves_each_item_one_result_or_one_error(int retries)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            RunSchedule(seed, retries);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Messages_that_are_lost_come_twice_or_are_overtaken_change_no_promise(int retries)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            RunSchedule(seed, retries, broker =>
            {
                broker.Loses = 0.02 * random.Next(3);
                broker.Duplicates = 0.05 * random.Next(3);
                broker.Delays = 0.05 * random.Next(3);
            });
        }
    }

    /// <summary>The number of steps of the clock decides when the broker is killed: each step of a short run has its turn.</summary>
    [Fact]
    public void A_broker_that_is_killed_at_any_step_makes_no_item_run_twice()
    {
        for (int step = 1, last = 1000; step <= last; step += Math.Max(1, last / (10 * Seeds)))
        {
            var fleet = new Fleet(step, hosts: 2, slots: 2);
            Caller caller = fleet.AddCaller();
            caller.Begin(120, TimeSpan.FromMilliseconds(5));
            int steps = 0;
            fleet.Time.RunUntil(() => caller.IsOver || ++steps == step, Long);
            last = caller.IsOver ? Math.Min(last, step) : Math.Max(last, step + 1);
            fleet.Broker.Kill();
            fleet.Time.Run(TimeSpan.FromMilliseconds(step * 7 % 9000));
            fleet.Broker.Restart();
            fleet.Finish(caller, what: $"step {step}");
            Assert.Equal(Enumerable.Range(0, 120), caller.Results.Select(r => r.Number));
            Assert.True(!fleet.Log.BegunTwice.Any(), $"step {step}: run twice: {string.Join(' ', fleet.Log.BegunTwice)}");
            Assert.True(caller.Results.All(r => !r.IsFailed), $"step {step}: {caller.Results.Count(r => r.IsFailed)} failed");
        }
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static void RunSchedule(int seed, int retries, Action<SimulatedBroker>? disturb = null)
    {
        var random = new Random(seed);
        var fleet = new Fleet(seed, hosts: 1 + random.Next(4), slots: 1 + random.Next(3));
        disturb?.Invoke(fleet.Broker);
        Caller[] callers = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => fleet.AddCaller(workerCount: random.Next(3) == 0 ? 1 + random.Next(4) : 0))];
        int items = 50 + random.Next(300);
        TimeSpan[] durations = [TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(300)];
        TimeSpan duration = durations[random.Next(durations.Length)];
        for (int i = 0; i < callers.Length; i++)
        {
            int first = i * 1_000_000;
            callers[i].Begin(items, duration, n => first + n, new CallOptions { RetryCount = retries, HasEnd = random.Next(2) == 0 });
        }

        for (int fault = random.Next(6); fault > 0; fault--)
        {
            fleet.Time.Run(TimeSpan.FromMilliseconds(random.Next(2_000)));
            int host = random.Next(fleet.Hosts);
            switch (random.Next(9))
            {
                case 0:
                    fleet.Kill(host);
                    fleet.AddHost([]);
                    break;
                case 1:
                    fleet.Transport(host).Disconnect("a fault of the network");
                    break;
                case 2:
                    callers[random.Next(callers.Length)].Transport.Disconnect("a fault of the network");
                    break;
                case 3:
                    fleet.Broker.Kill();
                    fleet.Time.Run(TimeSpan.FromMilliseconds(random.Next(5_000)));
                    fleet.Broker.Restart();
                    break;
                case 4:
                    SimulatedTransport cut = fleet.Transport(host);
                    cut.Cut(TimeSpan.FromSeconds(10));
                    fleet.Time.After(TimeSpan.FromSeconds(random.Next(40)), () => cut.IsCut = false);
                    break;
                case 5:
                    fleet.Broker.LoseTasks();
                    break;
                case 6:
                    fleet.Broker.LoseReplies();
                    break;
                case 7:
                    // The queue of a caller is on a node that does not come back: what hosts say is lost until the caller has another one.
                    fleet.Broker.LoseReplies();
                    fleet.Broker.Kill();
                    fleet.Broker.Restart();
                    fleet.Time.Run(TimeSpan.FromMilliseconds(random.Next(1_000)));
                    fleet.Broker.LoseReplies();
                    break;
                default:
                    fleet.Host(host).Drain();
                    fleet.AddHost([]);
                    break;
            }
        }

        foreach (Caller caller in callers)
        {
            fleet.Finish(caller, TimeSpan.FromHours(1), $"seed {seed}");
            Assert.True(items == caller.Results.Count && caller.Results.Select(r => r.Number % 1_000_000).SequenceEqual(Enumerable.Range(0, items)), $"seed {seed}: {caller.Results.Count} of {items}");
        }

        Assert.True(retries > 0 || !fleet.Log.BegunTwice.Any(), $"seed {seed}: run twice: {string.Join(' ', fleet.Log.BegunTwice)}");
        Assert.True(fleet.Log.Overlaps.Count == 0, $"seed {seed}: at the same time: {string.Join(' ', fleet.Log.Overlaps)}");
    }

    /// <summary>A broker and hosts.</summary>
    private sealed class Fleet
    {
        private readonly List<(PoolHost Host, SimulatedTransport Transport)> _hosts = [];
        private readonly int _slots;

        public Fleet(int seed, int hosts, int slots)
        {
            _slots = slots;
            Broker = new SimulatedBroker(Time, seed);
            for (int i = 0; i < hosts; i++)
            {
                AddHost([]);
            }
        }

        public ManualTime Time { get; } = new();

        public SimulatedBroker Broker { get; }

        public ExecutionLog Log { get; } = new();

        public int Hosts => _hosts.Count;

        public PoolHost Host(int index) => _hosts[index].Host;

        public SimulatedTransport Transport(int index) => _hosts[index].Transport;

        public void AddHost(byte[][] keys)
        {
            SimulatedTransport transport = Broker.ConnectHost();
            var host = new PoolHost(new PoolHostOptions { Pool = "p", Slots = _slots, Keys = keys, Machine = $"host {_hosts.Count}" }, transport, _ => new SimulatedEngine(Time, _slots, Log), Time);
            _hosts.Add((host, transport));
        }

        public Caller AddCaller(int workerCount = 0, byte[]? key = null)
        {
            var id = Guid.NewGuid();
            SimulatedTransport transport = Broker.Connect(id);
            return new Caller(new RemotePool(new RemotePoolOptions { Name = "p", WorkerCount = workerCount, Key = key }, id, transport, Time), transport);
        }

        /// <summary>Kills a host as kill -9 does: its workers end with it, the broker sees its connection closed.</summary>
        public void Kill(int index)
        {
            (PoolHost host, SimulatedTransport transport) = _hosts[index];
            transport.StaysAway = true;
            transport.Disconnect("killed", tells: false);
            host.Dispose();
        }

        public void Finish(Caller caller, TimeSpan? longest = null, string what = "") =>
            Assert.True(Time.RunUntil(() => caller.IsOver, longest ?? Long), $"{what}: {caller.Call.Done} of {caller.Call.Submitted} done; {caller.Pool.WaitReason}");
    }

    private sealed class Caller(RemotePool pool, SimulatedTransport transport)
    {
        private readonly List<ResultSegment> _taken = [];

        public RemotePool Pool => pool;

        public SimulatedTransport Transport => transport;

        public PoolCall Call { get; set; } = null!;

        public List<ResultSegment> Segments { get; } = [];

        public List<(int Number, bool IsFailed)> Results => [.. Segments.Where(s => s.IsDone && s.Block is not null).Select(s => (SimulatedEngine.NumberOf(s.Input.Span), s.IsFailed))];

        public bool IsOver
        {
            get
            {
                bool isOver = Call.IsOver;
                while (Call.TryTake(_taken))
                {
                    Segments.AddRange(_taken);
                    _taken.Clear();
                }

                return isOver;
            }
        }

        public void Begin(int count, TimeSpan duration, Func<int, int>? number = null, CallOptions? options = null) => Begin(count, _ => duration, number, options);

        public void Begin(int count, Func<int, TimeSpan> duration, Func<int, int>? number = null, CallOptions? options = null)
        {
            Segments.Clear();
            Call = pool.Open(options ?? new CallOptions(), default);
            for (int i = 0; i < count; i++)
            {
                Call.Add(SimulatedEngine.Item(number?.Invoke(i) ?? i, duration(i)));
            }

            Call.EndInput();
        }
    }
}
