using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Remote;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Worker processes that are kept warm and run script blocks. It belongs to the session that made it, and ends with it.</summary>
public sealed class ProcessPool : IDisposable
{
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(3);

    private static readonly ConcurrentDictionary<string, ProcessPool> Known = new(StringComparer.OrdinalIgnoreCase);

    static ProcessPool() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => EndRemote();

    private ProcessPool(IPoolEngine engine, bool isDefault)
    {
        Engine = engine;
        IsDefault = isDefault;
        Created = DateTime.Now;
    }

    /// <summary>Its name.</summary>
    public string Name => Engine.Name;

    /// <summary>The server that its workers are reached by; null where they are this machine's.</summary>
    public IpcServer? Server { get; private init; }

    /// <summary>Why its calls wait, where they have waited for some seconds for the server or for workers; empty otherwise.</summary>
    public string WaitReason => Engine.WaitReason ?? "";

    /// <summary>The workers that it has when it has work enough. On a server, the most items that run at a time; 0 for as many as there are workers.</summary>
    public int WorkerCount => Engine.WorkerCount;

    /// <summary>Its workers now. One that is gone is replaced by another one with another number.</summary>
    [SuppressMessage("Performance", "CA1819", Justification = "Made anew for each caller; PowerShell indexes arrays.")]
    public ProcessPoolWorker[] Workers => [.. Engine.Workers.Select(w => new ProcessPoolWorker(w))];

    /// <summary>The calls that have not ended, the oldest first: those of Invoke-ProcessPool, jobs and tasks. A stopped call is among them while items of it still run.</summary>
    [SuppressMessage("Performance", "CA1819", Justification = "Made anew for each caller; PowerShell indexes arrays.")]
    public ProcessPoolCall[] Calls => [.. Engine.Calls.Select(c => new ProcessPoolCall(c))];

    /// <summary>The machines that its workers run on.</summary>
    public string[] HostName => [.. Engine.Workers.Select(w => w.Host.Length > 0 ? w.Host : System.Environment.MachineName).Distinct().Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Items that no worker has begun.</summary>
    public long Pending => Engine.Counts.Pending;

    /// <summary>Items that workers are running.</summary>
    public long Running => Engine.Counts.Running;

    /// <summary>Items that have ended, by an error or not.</summary>
    public long Completed => Engine.Counts.Completed;

    /// <summary>Items that ended by an error, by the death of their worker, or by their time limit.</summary>
    public long Failed => Engine.Counts.Failed;

    /// <summary>Workers that took the place of others that had died, or that had run as many items or had as much memory as they may.</summary>
    public long Restarts => Engine.Counts.Restarts;

    /// <summary>Whether it is the session's own, for those who name none.</summary>
    public bool IsDefault { get; }

    /// <summary>Whether it takes no more work.</summary>
    public bool IsClosed => Engine.IsClosed;

    /// <summary>When it was made, in local time.</summary>
    public DateTime Created { get; }

    /// <summary>The pools of this session.</summary>
    internal static IEnumerable<ProcessPool> All
    {
        get
        {
            foreach (ProcessPool pool in Known.Values.Where(p => p.IsClosed && p.Engine.Workers.Count == 0))
            {
                pool.Forget();
            }

            return Known.Values.OrderBy(p => p.Created);
        }
    }

    internal IPoolEngine Engine { get; }

    /// <summary>Whether its workers are on other machines.</summary>
    internal bool IsRemote => Server is not null;

    /// <summary>The environment variables of its workers; null where they are on other machines.</summary>
    private PoolEnvironment? Environment { get; init; }

    /// <summary>Names that its initialization script gives a meaning of its own.</summary>
    internal PreparedNames Prepared { get; set; } = PreparedNames.None;

    /// <summary>Runs a script block in a worker with some arguments and returns what it writes: nothing, an object, or an array of them.</summary>
    /// <param name="script">The script block; <c>$using:</c> is not for it, since nobody knows of whose session.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.WorkerDied"/>, <see cref="IpcErrorKind.Closed"/>.</exception>
    /// <exception cref="RuntimeException">The error that ended it.</exception>
    public object? Invoke(ScriptBlock script, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(script);
        using var task = ProcessPoolTask.Start(this, new CallSetup { Script = ScriptSource.Of(script), Arguments = arguments ?? [], Session = CallerSession.Of(null) }, ProcessPoolTask.OptionsFor(script), null, waits: true);
        task.Wait(Deadline.Never, default);
        return task.Result();
    }

    /// <summary>Has a worker run a script block with some arguments, and returns at once.</summary>
    /// <param name="script">The script block.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    public ProcessPoolTask Start(ScriptBlock script, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(script);
        return ProcessPoolTask.Start(this, new CallSetup { Script = ScriptSource.Of(script), Arguments = arguments ?? [], Session = CallerSession.Of(null) }, ProcessPoolTask.OptionsFor(script), null);
    }

    /// <summary>Kills its workers and fails what they were doing. Remove-ProcessPool lets them finish.</summary>
    public void Dispose()
    {
        Forget();
        Engine.Dispose();
    }

    /// <summary>The pool's name.</summary>
    public override string ToString() => Name;

    /// <summary>Makes a pool.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.InvalidName"/>, <see cref="IpcErrorKind.OutOfMemory"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    internal static ProcessPool Create(WorkerPoolOptions options, bool isDefault = false)
    {
        var environment = new PoolEnvironment();
        var program = new WorkerProgram(null, environment, PoolShare.VariablesFor(options.WorkerCount));
        var pool = new ProcessPool(WorkerPool.Create(options, program), isDefault) { Environment = environment };
        Known[pool.Name] = pool;
        return pool;
    }

    /// <summary>Makes a pool whose workers are on other machines.</summary>
    /// <exception cref="IpcException">As <see cref="Create"/>, and what is wrong with the server.</exception>
    internal static ProcessPool CreateRemote(RemotePoolOptions options, IpcServer server)
    {
        if (Known.ContainsKey(options.Name))
        {
            throw ExistsError(options.Name);
        }

        var caller = Guid.NewGuid();
        var engine = new RemotePool(options, caller, server.Connection.OpenTransport(options.Name, caller), TimeProvider.System);
        var pool = new ProcessPool(engine, isDefault: false) { Server = server };
        if (!Known.TryAdd(pool.Name, pool))
        {
            engine.Dispose();
            throw ExistsError(options.Name);
        }

        return pool;
    }

    /// <summary>The pool of an argument: itself, or its name.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    internal static ProcessPool Resolve(object? argument)
    {
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            ProcessPool pool => pool,
            string name => Known.GetValueOrDefault(name)
                ?? throw new IpcException(IpcErrorKind.NotFound, Messages.PoolNotFound.With(name), name),
            _ when (argument as PSObject)?.TypeNames.Contains("Deserialized.PSIpc.ProcessPool") is true => throw new IpcException(
                IpcErrorKind.NotOwner,
                Messages.PoolDoesNotTravel),
            _ => throw WrongArgument.Error(argument, "process pool"),
        };
    }

    /// <summary>Opens a call, and adds the changes of the environment to its setup.</summary>
    /// <param name="options">How its items run.</param>
    /// <param name="setup">The bytes of its <see cref="CallSetup"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>.</exception>
    internal PoolCall Open(CallOptions options, byte[] setup) =>
        Engine.Open(options, Environment is null ? setup : CallSetup.WithEnvironment(setup, Environment.Changes()));

    private static IpcException ExistsError(string name) => new(IpcErrorKind.AlreadyExists, Messages.PoolExists.With(name), name);

    /// <summary>Tells hosts that this process ends: they stop what it was running there.</summary>
    private static void EndRemote()
    {
        ProcessPool[] pools = [.. Known.Values.Where(p => p.IsRemote)];
        Array.ForEach(pools, p => p.Engine.Dispose());
        var end = Deadline.After(EndTime);
        foreach (ProcessPool pool in pools)
        {
            pool.Engine.WaitUntilGone(end, default);
        }
    }

    /// <summary>Names it no more.</summary>
    internal void Forget() => ((ICollection<KeyValuePair<string, ProcessPool>>)Known).Remove(new(Name, this));
}

/// <summary>A worker of a pool, as it was when it was looked at.</summary>
public sealed class ProcessPoolWorker
{
    internal ProcessPoolWorker(WorkerInfo info)
    {
        Number = info.Number;
        ProcessId = info.ProcessId;
        State = info.State switch
        {
            WorkerState.Starting => ProcessPoolWorkerState.Starting,
            WorkerState.Gone => ProcessPoolWorkerState.Gone,
            WorkerState.Retiring => ProcessPoolWorkerState.Retiring,
            _ => info.IsRunning ? ProcessPoolWorkerState.Busy : ProcessPoolWorkerState.Idle,
        };
        StartTime = info.Started;
        Completed = info.Done;
        Pending = info.Outstanding;
        Memory = info.Memory;
        HostName = info.Host.Length > 0 ? info.Host : Environment.MachineName;
    }

    /// <summary>The machine that it runs on.</summary>
    public string HostName { get; }

    /// <summary>Its number in the pool, from 1.</summary>
    public int Number { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId { get; }

    /// <summary>What it does.</summary>
    public ProcessPoolWorkerState State { get; }

    /// <summary>When it was started, in local time.</summary>
    public DateTime StartTime { get; }

    /// <summary>Items that it has run.</summary>
    public long Completed { get; }

    /// <summary>Items that it has been given and has not run.</summary>
    public int Pending { get; }

    /// <summary>Its resident memory in bytes, as of its last item.</summary>
    public long Memory { get; }

    /// <summary>The process id.</summary>
    public override string ToString() => $"{ProcessId}";
}

/// <summary>What a worker does.</summary>
public enum ProcessPoolWorkerState
{
    /// <summary>Its process starts.</summary>
    Starting,

    /// <summary>It waits for work.</summary>
    Idle,

    /// <summary>It runs an item.</summary>
    Busy,

    /// <summary>It goes after what it has.</summary>
    Retiring,

    /// <summary>Its process has just ended.</summary>
    Gone,
}
