using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Remote;

namespace PSIpc;

/// <summary>The worker processes of a host: a pool for each caller, and one that has started before it is known for whom.</summary>
internal sealed class HostWorkers : IDisposable
{
    /// <summary>How long workers of a caller stay without work.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    /// <summary>When the worker of the next caller starts: not while the present one waits for its first results, for which the processors are needed.</summary>
    private static readonly TimeSpan SpareDelay = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly int _slots;
    private readonly WorkerProgram _program;
    private readonly byte[] _greeting;
    private WorkerPool? _spare;
    private bool _isDisposed;

    /// <param name="slots">Workers of a caller.</param>
    /// <param name="greeting">What each is told first.</param>
    public HostWorkers(int slots, byte[] greeting)
    {
        _slots = slots;
        _program = new WorkerProgram(null, null, PoolShare.VariablesFor(slots));
        _greeting = greeting;
        _spare = Make(slots);
    }

    /// <summary>The pool of a caller.</summary>
    public IPoolEngine Take(RemotePoolSetup setup)
    {
        lock (_gate)
        {
            WorkerPool pool = _spare ?? Make(1);
            pool.Bind(new WorkerPoolOptions
            {
                Name = pool.Name,
                WorkerCount = _slots,
                IsEager = false,
                IdleTime = IdleTime,
                MaxTasksPerWorker = setup.MaxTasksPerWorker,
                MaxWorkerMemory = setup.MaxWorkerMemory,
                Setup = setup.Setup,
            });
            _spare = null;
            Task.Delay(SpareDelay).ContinueWith(_ => MakeSpare(), TaskScheduler.Default);
            return pool;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _spare?.Dispose();
            _spare = null;
        }
    }

    private void MakeSpare()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _spare ??= Make(1); // Of the next caller the first worker is there at once.
            }
        }
    }

    private WorkerPool Make(int workers) => WorkerPool.Create(
        new WorkerPoolOptions { Name = IpcName.MakeUnique("host"), WorkerCount = workers, IsUnbound = true, Greeting = _greeting },
        _program);
}
