using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A script block that a pool runs once, some time. Its output is there when it has ended, as often as it is asked for.</summary>
public sealed class ProcessPoolTask : IDisposable
{
    private static int _lastId;

    private readonly object _gate = new();
    private readonly ProcessPool _pool;
    private readonly PoolCall _call;
    private readonly List<StreamRecord> _records = [];
    private readonly List<ResultSegment> _segments = [];
    private readonly List<Action> _wakes = [];
    private ErrorRecord? _failure;
    private long _startedAt;
    private long _endedAt;
    private int _worker;
    private bool _isOver;

    private ProcessPoolTask(ProcessPool pool, PoolCall call, string script)
    {
        _pool = pool;
        _call = call;
        Id = Interlocked.Increment(ref _lastId);
        Script = script;
        call.Owner = this;
        call.Changed += OnChanged;
    }

    /// <summary>Its number in this session.</summary>
    public int Id { get; }

    /// <summary>What is run.</summary>
    public string Script { get; }

    /// <summary>The pool that runs it.</summary>
    public ProcessPool Pool => _pool;

    /// <summary>How far it is.</summary>
    public ProcessPoolTaskState State
    {
        get
        {
            Collect();
            lock (_gate)
            {
                if (_isOver)
                {
                    return _call.IsCancelled ? ProcessPoolTaskState.Stopped : _failure is null ? ProcessPoolTaskState.Completed : ProcessPoolTaskState.Failed;
                }
            }

            return _pool.Engine.RunnerOf(_call) is null ? ProcessPoolTaskState.Waiting : ProcessPoolTaskState.Running;
        }
    }

    /// <summary>The process id of the worker that runs it or ran it; 0 while none does.</summary>
    public int Worker
    {
        get
        {
            Collect();
            lock (_gate)
            {
                if (_worker > 0)
                {
                    return _worker;
                }
            }

            return _pool.Engine.RunnerOf(_call)?.ProcessId ?? 0;
        }
    }

    /// <summary>When a worker began it, in local time; null while none has.</summary>
    public DateTime? StartTime => Start() is > 0 and var start ? DateTime.Now - Stopwatch.GetElapsedTime(start) : null;

    /// <summary>How long it ran, or has run until now; null while no worker has begun it.</summary>
    public TimeSpan? Duration
    {
        get
        {
            long start = Start();
            lock (_gate)
            {
                return start == 0 ? null : _endedAt > 0 ? Stopwatch.GetElapsedTime(start, _endedAt) : Stopwatch.GetElapsedTime(start);
            }
        }
    }

    /// <summary>The error that ended it; null if none did.</summary>
    public ErrorRecord? Error
    {
        get
        {
            Collect();
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool IsCompleted
    {
        get
        {
            Collect();
            lock (_gate)
            {
                return _isOver;
            }
        }
    }

    /// <summary>What Wait-IpcObject waits for.</summary>
    internal IWaitable Waitable => new TaskWaitable(this);

    /// <summary>Waits until it has ended; false when the time is up.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan; for ever if null.</param>
    public bool Wait(object? timeout = null) => Wait(timeout is null ? Deadline.Never : Deadline.After(IpcTimeout.Parse(timeout)), default);

    /// <summary>Waits for its end and returns what it wrote: nothing, an object, or an array of them.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan; for ever if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/> when the time is up, <see cref="IpcErrorKind.Closed"/> when it was stopped, and why it could not be run.</exception>
    /// <exception cref="RuntimeException">The error that ended it.</exception>
    public object? Receive(object? timeout = null) => Wait(timeout) ? Result() : throw TimeoutError();

    /// <summary>Stops it if it has not ended.</summary>
    public void Dispose()
    {
        if (!_call.IsOver)
        {
            _call.Cancel();
        }
    }

    /// <summary>The task in words.</summary>
    public override string ToString() => $"task {Id}";

    /// <summary>What follows from a script block's own blocks.</summary>
    internal static CallOptions OptionsFor(ScriptBlock script) => new() { HasEnd = ScriptShape.HasEnd(script), IsForgottenAtOnce = CleanBlocks.IsIn(script) };

    /// <summary>Begins a task.</summary>
    /// <param name="pool">The pool that is to run it.</param>
    /// <param name="setup">What it is run with.</param>
    /// <param name="options">How.</param>
    /// <param name="item">What <c>$_</c> is.</param>
    /// <param name="waits">Whether the caller waits for it next.</param>
    /// <param name="bagTypes">Takes the names of types whose objects are written as property bags; null for nobody.</param>
    internal static ProcessPoolTask Start(ProcessPool pool, CallSetup setup, CallOptions options, object? item, bool waits = false, ISet<string>? bagTypes = null)
    {
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: !pool.IsRemote, bagTypes, KeepsScripts: true));
        try
        {
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(item, buffer, IpcSerializers.DefaultDepth);
            byte[] bytes = setup.ToBytes(pool.IsRemote, out bool holdsSecrets, bagTypes);
            PoolCall call = pool.Open(OptionsFor(setup, options) with { HoldsSecrets = holdsSecrets || buffer.HoldsSecrets }, bytes);
            return Start(pool, call, setup, buffer.Written, waits);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Begins a task in the session's own pool.</summary>
    internal static ProcessPoolTask StartInDefaultPool(PSCmdlet caller, CallSetup setup, CallOptions options, object? item, ISet<string>? bagTypes = null)
    {
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: true, bagTypes, KeepsScripts: true));
        try
        {
            // Before the pool is chosen, which no other thread does meanwhile: a property of an object may run a script.
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(item, buffer, IpcSerializers.DefaultDepth);
            byte[] bytes = setup.ToBytes(isRemote: false, out bool holdsSecrets, bagTypes);
            options = OptionsFor(setup, options) with { HoldsSecrets = holdsSecrets || buffer.HoldsSecrets };
            PoolCall? call = null;
            ProcessPool pool = DefaultPools.Open(caller, new SessionSetup(), 0, p => call = p.Open(options, bytes));
            return Start(pool, call!, setup, buffer.Written, waits: false);
        }
        finally
        {
            buffer.Return();
        }
    }

    internal bool Wait(Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            Collect();
            if (IsCompleted)
            {
                return true;
            }

            if (!_call.WaitForResults(deadline, cancellation))
            {
                return false;
            }
        }
    }

    /// <summary>Stops it: at once if no worker has begun it.</summary>
    /// <param name="grace">How long it may take to end; null for what it was started with.</param>
    internal void Stop(TimeSpan? grace)
    {
        _call.Cancel(grace);
        Collect();
    }

    /// <summary>What it wrote, in order; the error that ended it is the last.</summary>
    internal IReadOnlyList<StreamRecord> Records()
    {
        lock (_gate)
        {
            return [.. _records];
        }
    }

    /// <summary>What it wrote to its output.</summary>
    internal object? Result()
    {
        lock (_gate)
        {
            if (_isOver && _call.IsCancelled)
            {
                throw StoppedError();
            }

            if (_failure is { } failure)
            {
                throw failure.Exception is IpcException || (failure.Exception as IContainsErrorRecord)?.ErrorRecord.FullyQualifiedErrorId == failure.FullyQualifiedErrorId
                    ? failure.Exception
                    : new RuntimeException(failure.Exception.Message, failure.Exception, failure);
            }

            object?[] output = [.. _records.Where(r => r.Stream == StreamKind.Output).Select(r => r.Value)];
            return output.Length switch { 0 => null, 1 => output[0], _ => output };
        }
    }

    internal IpcException TimeoutError() => new(
        IpcErrorKind.Timeout, Messages.TaskTimedOut.With(Id, _pool.Name), _pool.Name);

    internal IpcException StoppedError() => new(IpcErrorKind.Closed, Messages.TaskStopped.With(Id), $"{Id}");

    internal void Attach(Action wake)
    {
        lock (_gate)
        {
            _wakes.Add(wake);
        }
    }

    internal void Detach(Action wake)
    {
        lock (_gate)
        {
            _wakes.Remove(wake);
        }
    }

    private static CallOptions OptionsFor(CallSetup setup, CallOptions options) =>
        options with { Script = setup.Script.Text, DefinitionsKey = setup.Contents.Definitions.Key, Definitions = setup.Contents.Definitions.Bytes, IsForgottenAtOnce = options.IsForgottenAtOnce || setup.LiveObjects.Any(), IsUnlimited = true };

    private static ProcessPoolTask Start(ProcessPool pool, PoolCall call, CallSetup setup, ReadOnlySpan<byte> item, bool waits)
    {
        var task = new ProcessPoolTask(pool, call, setup.Script.Text);
        if (waits)
        {
            call.AddOnly(item);
        }
        else
        {
            call.Add(item);
            call.EndInput();
        }

        return task;
    }

    private long Start()
    {
        Collect();
        lock (_gate)
        {
            if (_startedAt > 0)
            {
                return _startedAt;
            }
        }

        return _pool.Engine.RunnerOf(_call)?.StartedAt ?? 0;
    }

    /// <summary>On a thread of the pool's: wakes those who wait for the end.</summary>
    private void OnChanged()
    {
        if (!_call.IsOver)
        {
            return;
        }

        Action[] wakes;
        lock (_gate)
        {
            wakes = [.. _wakes];
        }

        Array.ForEach(wakes, w => w());
    }

    /// <summary>Takes what has come, for whoever asks.</summary>
    private void Collect()
    {
        lock (_gate)
        {
            bool isOver = _call.IsOver; // Read first: what is ready after it is all there is.
            while (_call.TryTake(_segments))
            {
                foreach (ResultSegment segment in _segments)
                {
                    Take(segment);
                }

                _segments.Clear();
            }

            if (isOver && !_isOver)
            {
                _isOver = true;
                if (_call.Failure is { } reason)
                {
                    _failure = reason is IpcException ipc ? IpcErrorRecord.From(ipc) : new ErrorRecord(reason, "PoolFailed", ErrorCategory.NotSpecified, _pool);
                }
                else if (!_call.FailureRecord.IsEmpty)
                {
                    _failure = ResultReader.ReadFailure(_call.FailureRecord);
                }
            }
        }
    }

    private void Take(in ResultSegment segment)
    {
        _worker = segment.Worker;
        _startedAt = segment.StartedAt;
        _endedAt = segment.IsDone ? segment.StartedAt + segment.Elapsed : 0;
        ResultReader.ForEach(segment, record =>
        {
            if (record.Stream == StreamKind.Failure)
            {
                _failure = record.AsError();
            }
            else
            {
                _records.Add(record);
            }
        });
    }

    /// <summary>A task that is ready when it has ended.</summary>
    private sealed class TaskWaitable(ProcessPoolTask task) : IWaitable
    {
        public bool IsReady(out WaitTarget target)
        {
            target = default;
            return task.IsCompleted;
        }

        public void Attach(Action wake) => task.Attach(wake);

        public void Detach(Action wake) => task.Detach(wake);
    }
}

/// <summary>How far a task is.</summary>
public enum ProcessPoolTaskState
{
    /// <summary>No worker has begun it.</summary>
    Waiting,

    /// <summary>A worker runs it.</summary>
    Running,

    /// <summary>It has ended.</summary>
    Completed,

    /// <summary>It has ended by an error, with its worker, or by its time limit.</summary>
    Failed,

    /// <summary>It was stopped.</summary>
    Stopped,
}
