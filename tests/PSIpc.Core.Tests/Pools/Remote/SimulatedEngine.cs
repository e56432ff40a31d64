using System.Buffers.Binary;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests.Pools.Remote;

/// <summary>What items were begun, and where.</summary>
internal sealed class ExecutionLog
{
    private readonly Dictionary<int, int> _begun = [];
    private readonly Dictionary<int, int> _running = [];

    /// <summary>Items that ran at two places at the same time.</summary>
    public List<int> Overlaps { get; } = [];

    public int TimesBegun(int item) => _begun.GetValueOrDefault(item);

    public IEnumerable<int> BegunTwice => _begun.Where(b => b.Value > 1).Select(b => b.Key);

    public int Running => _running.Values.Sum();

    public void Begin(int item)
    {
        _begun[item] = TimesBegun(item) + 1;
        int running = _running[item] = _running.GetValueOrDefault(item) + 1;
        if (running > 1)
        {
            Overlaps.Add(item);
        }
    }

    public void End(int item) => _running[item]--;
}

/// <summary>A pool of a host whose workers are timers of a clock that the test moves. An item is its number, and how long it runs in microseconds; a negative number kills its worker.</summary>
internal sealed class SimulatedEngine(ManualTime time, int workers, ExecutionLog log) : IPoolEngine
{
    public const int KilledProcess = 4242;

    private readonly List<PoolCall> _calls = [];
    private readonly List<int> _items = [];
    private readonly Dictionary<PoolCall, int> _busyOf = [];
    private int _busy;
    private bool _isDisposed;
    private bool _isInside;

    public string Name => "simulated";

    public bool IsClosed => _isDisposed;

    public bool HasCalls => _calls.Count > 0;

    public int WorkerCount => workers;

    public bool HasReadyWorker => true;

    public int StartingWorkers => 0;

    public PoolCounts Counts => default;

    public IReadOnlyList<WorkerInfo> Workers => [.. Enumerable.Range(1, workers).Select(n => new WorkerInfo(n, 1000 + n, WorkerState.Ready, DateTime.Now, 0, 0, n <= _busy, 1 << 20))];

    public TaskLog? Log => null;

    public string? WaitReason => null;

    public IReadOnlyList<CallInfo> Calls => [];

    /// <summary>The calls that ended as they should.</summary>
    public int Ended { get; private set; }

    public static byte[] Item(int number, TimeSpan duration)
    {
        byte[] item = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(item, number);
        BinaryPrimitives.WriteInt32LittleEndian(item.AsSpan(4), (int)duration.TotalMicroseconds);
        return item;
    }

    public static int NumberOf(ReadOnlySpan<byte> item) => BinaryPrimitives.ReadInt32LittleEndian(item);

    public (int ProcessId, long StartedAt)? RunnerOf(PoolCall call) => null;

    public bool MayWait(PoolCall call) => true;

    public IReadOnlyList<CallInfo> BlockersOf(PoolCall call) => [];

    public bool IsRunning(PoolCall call, long index) => false;

    public PoolCall Open(CallOptions options, ReadOnlyMemory<byte> setup)
    {
        var call = new PoolCall(this, (uint)_calls.Count + 1, options, setup, new ChunkSize(ChunkSize.Target));
        _calls.Add(call);
        return call;
    }

    public void Grow(int count)
    {
        // It has as many as it has.
    }

    public void Close()
    {
        // Nothing waits for it.
    }

    public bool WaitUntilGone(Deadline deadline, CancellationToken cancellation) => true;

    public void Wake() => Flush();

    public bool Help(PoolCall call, Func<PoolCall, bool> until) => false;

    public void Flush(bool waits = false)
    {
        if (_isInside || _isDisposed)
        {
            return;
        }

        _isInside = true;
        foreach (PoolCall call in _calls.ToArray())
        {
            while (_busy < workers && (call.ThrottleLimit == 0 || _busyOf.GetValueOrDefault(call) < call.ThrottleLimit) && call.Peek(1) is { } item)
            {
                call.Remove(1);
                Begin(call, item);
            }

            if (call.IsThrough && !call.IsOver)
            {
                if (call.Options.HasEnd)
                {
                    Ended++;
                    call.Deliver(new ResultSegment(new byte[] { 1 }, ResultFlags.Done, null, 0, 1001, 1, 1, null));
                }

                call.End();
                _calls.Remove(call);
                call.Announce();
            }
        }

        _isInside = false;
    }

    public void EndInput(PoolCall call, bool waits) => Flush();

    public void Cancel(PoolCall call, TimeSpan grace, bool keepsDone)
    {
        call.End(cancelled: true, keepsDone: keepsDone);
        _calls.Remove(call);
        call.Announce();
        Flush();
    }

    public void Dispose()
    {
        _isDisposed = true;
        _items.ForEach(log.End);
        _items.Clear();
        _calls.Clear();
    }

    private void Begin(PoolCall call, ItemRange item)
    {
        ReadOnlyMemory<byte> bytes = item.Block.Item(item.First);
        int number = NumberOf(bytes.Span);
        var duration = TimeSpan.FromMicroseconds(BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[4..]));
        _busy++;
        _busyOf[call] = _busyOf.GetValueOrDefault(call) + 1;
        _items.Add(number);
        log.Begin(number);
        time.After(duration, () =>
        {
            if (_isDisposed)
            {
                return;
            }

            _busy--;
            _busyOf[call]--;
            _items.Remove(number);
            log.End(number);
            if (!call.IsOver)
            {
                WorkerDeath? death = number < 0 ? new WorkerDeath(KilledProcess, 137, "SIGKILL", "was killed by SIGKILL", "") : null;
                ResultFlags flags = ResultFlags.Done | (death is null ? 0 : ResultFlags.Died);
                call.Deliver(new ResultSegment(death is null ? bytes : default, flags, item.Block, item.First, 1001, 1, duration.Ticks * System.Diagnostics.Stopwatch.Frequency / TimeSpan.TicksPerSecond, death));
                call.Announce();
            }

            Flush();
        });
    }
}
