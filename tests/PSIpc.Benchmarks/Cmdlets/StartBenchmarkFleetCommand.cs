using System.Management.Automation;
using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Remote;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks.Cmdlets;

/// <summary>Hosts of a process pool in one process: all of them the module's own but for the workers, which are timers.</summary>
[Cmdlet(VerbsLifecycle.Start, "BenchmarkFleet")]
public sealed class StartBenchmarkFleetCommand : PSCmdlet, IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();

    [Parameter(Mandatory = true)]
    public IpcServer Server { get; set; } = null!;

    [Parameter(Mandatory = true)]
    public string Pool { get; set; } = "";

    [Parameter]
    public int HostCount { get; set; } = 1;

    [Parameter]
    public int Slots { get; set; } = 8;

    [Parameter]
    public int Milliseconds { get; set; } = 1000;

    protected override void EndProcessing()
    {
        PoolHost[] hosts = [.. Enumerable.Range(0, HostCount).Select(i => new PoolHost(
            new PoolHostOptions { Pool = Pool, Slots = Slots, Machine = $"{Environment.ProcessId}-{i}" },
            Server.Connection.OpenTransport(Pool, Guid.Empty),
            _ => new TimerEngine(Slots, Milliseconds),
            TimeProvider.System))];
        WriteObject("ready");
        _stopped.Wait();
        Array.ForEach(hosts, h => h.Dispose());
    }

    protected override void StopProcessing() => _stopped.Set();

    public void Dispose() => _stopped.Dispose();

    /// <summary>Workers that are timers: an item takes a time, and returns nothing.</summary>
    private sealed class TimerEngine(int workers, int milliseconds) : IPoolEngine
    {
        private readonly object _gate = new();
        private readonly List<PoolCall> _calls = [];
        private int _busy;
        private uint _last;

        public string Name => "timers";

        public bool IsClosed => false;

        public bool HasCalls => _calls.Count > 0;

        public int WorkerCount => workers;

        public bool HasReadyWorker => true;

        public int StartingWorkers => 0;

        public PoolCounts Counts => default;

        public IReadOnlyList<WorkerInfo> Workers => [.. Enumerable.Range(1, workers).Select(n => new WorkerInfo(n, n, WorkerState.Ready, DateTime.Now, 0, 0, n <= _busy, 0))];

        public TaskLog? Log => null;

        public string? WaitReason => null;

        public IReadOnlyList<CallInfo> Calls => [];

        public (int ProcessId, long StartedAt)? RunnerOf(PoolCall call) => null;

        public bool MayWait(PoolCall call) => true;

        public IReadOnlyList<CallInfo> BlockersOf(PoolCall call) => [];

        public bool IsRunning(PoolCall call, long index) => false;

        public PoolCall Open(CallOptions options, ReadOnlyMemory<byte> setup)
        {
            lock (_gate)
            {
                var call = new PoolCall(this, ++_last, options, setup, new ChunkSize(ChunkSize.Target));
                _calls.Add(call);
                return call;
            }
        }

        public void Grow(int count)
        {
            // There are as many as there are.
        }

        public void Close()
        {
            // Nothing is kept.
        }

        public bool WaitUntilGone(Deadline deadline, CancellationToken cancellation) => true;

        public void Wake() => Flush();

        public bool Help(PoolCall call, Func<PoolCall, bool> until) => false;

        public void EndInput(PoolCall call, bool waits) => Flush();

        public void Flush(bool waits = false)
        {
            var ended = new List<PoolCall>();
            lock (_gate)
            {
                foreach (PoolCall call in _calls.ToArray())
                {
                    while (_busy < workers && call.Peek(1) is { } item)
                    {
                        call.Remove(1);
                        _busy++;
                        _ = RunAsync(call, item);
                    }

                    if (call.IsThrough && !call.IsOver)
                    {
                        call.End();
                        _calls.Remove(call);
                        ended.Add(call);
                    }
                }
            }

            ended.ForEach(c => c.Announce());
        }

        public void Cancel(PoolCall call, TimeSpan grace, bool keepsDone)
        {
            lock (_gate)
            {
                call.End(cancelled: true, keepsDone: keepsDone);
                _calls.Remove(call);
            }

            call.Announce();
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _calls.Clear();
            }
        }

        private async Task RunAsync(PoolCall call, ItemRange item)
        {
            await Task.Delay(milliseconds).ConfigureAwait(false);
            lock (_gate)
            {
                _busy--;
                if (!call.IsOver)
                {
                    call.Deliver(new ResultSegment(default, ResultFlags.Done, item.Block, item.First, 1, 1, milliseconds * System.Diagnostics.Stopwatch.Frequency / 1000, null));
                }
            }

            call.Announce();
            Flush();
        }
    }
}
