using System.Diagnostics;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Runs a script block for each object of the pipeline in worker processes, and streams its output in input order.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ProcessPool", DefaultParameterSetName = StreamSet)]
[OutputType(typeof(object), typeof(ProcessPoolJob))]
public sealed partial class InvokeProcessPoolCommand : SessionCmdlet
{
    private const string StreamSet = "Stream";
    private const string JobSet = "Job";

    private static readonly TimeSpan LongestLimit = TimeSpan.FromDays(10_000);
    private static readonly IIpcSerializer Serializer = IpcSerializers.Get(IpcSerializers.DefaultName);

    private readonly List<ResultSegment> _results = [];
    private readonly Action<StreamRecord> _write;
    private FunctionHint? _functionHint;
    private FormattedSequences? _sequences;
    private PoolPreference _preference;
    private ProcessPool? _pool;
    private PoolCall? _call;
    private PoolProgress? _progress;
    private WaitingProgress? _waiting;
    private WaitNotice? _notice;
    private Deadline _deadline = Deadline.Never;
    private IpcChannel? _channel;
    private DownstreamOutput.Source? _turns;
    private CallWaitable? _ready;
    private bool _isJobGiven;
    private bool _isFinished;
    private BagReport? _bags;
    private WriteOptions _writing;
    private (SessionContents Contents, SessionValues Values) _contents;

    /// <summary>Creates the cmdlet.</summary>
    public InvokeProcessPoolCommand() => _write = record =>
    {
        (_functionHint ??= new FunctionHint(this, "Invoke-ProcessPool")).LookAt(record); // The error may end the cmdlet.
        _bags?.LookAt(record.Value);
        record.WriteTo(this);
    };

    /// <summary>The script block that runs for each object, which is <c>$_</c>. <c>$using:</c> takes values from this session, once per call. With <c>begin</c>, <c>process</c> and <c>end</c> blocks each worker runs begin before its first object and end after its last.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Parallel")]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The objects. An argument is one item, even an array. Without input the script block runs once.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The pool: what New-ProcessPool made, or its name. By default a pool of the session, whose workers stay warm for some minutes.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [ValidateNotNull]
    public object? Pool { get; set; }

    /// <summary>The maximum number of workers of this call. The session's own pool grows to that number; by default a call uses as many workers as the pool has.</summary>
    [Parameter]
    [Alias("Throttle", "MaxThreads")]
    [ValidateRange(1, NewProcessPoolCommand.MostWorkers)]
    public int ThrottleLimit { get; set; }

    /// <summary>The arguments of the script block, by position.</summary>
    [Parameter]
    [Alias("Args")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ArgumentList { get; set; }

    /// <summary>The arguments of the script block by name: a table such as <c>@{ Path = $file; Force = $true }</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public System.Collections.IDictionary? Parameters { get; set; }

    /// <summary>Not supported: an error says what to use instead. ForEach-Object -Parallel has this switch.</summary>
    [Parameter]
    public SwitchParameter UseNewRunspace { get; set; }

    /// <summary>Writes results in the order of completion instead of input order.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <summary>The number of objects that a worker is given at once. By default as many as take some 2 ms, by the measured time of an object.</summary>
    [Parameter]
    [ValidateRange(1, ItemBlock.MostItems)]
    public int ChunkSize { get; set; }

    /// <summary>The time limit of the whole call, in seconds or as a TimeSpan. Unfinished objects are stopped.</summary>
    [Parameter(ParameterSetName = StreamSet)]
    [Alias("TimeoutSeconds")]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>The time limit of each object, in seconds or as a TimeSpan. When it is exceeded, the object fails with <c>IpcTaskTimeout</c>, and its worker is killed and replaced.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan TaskTimeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>How often an object is retried after its worker died while running it, or its time limit was exceeded. Errors of the script itself are not retried.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int RetryCount { get; set; }

    /// <summary>A script block that runs in each worker before its first object. <c>$using:</c> takes values from this session. Without <c>-Pool</c> a call with this parameter, <c>-Module</c> or <c>-Function</c> has workers of its own, which stay warm for the next call with equal values.</summary>
    [Parameter]
    public ScriptBlock? InitializationScript { get; set; }

    /// <summary>Returns a job at once: Receive-Job, Wait-Job and Stop-Job work on it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JobSet)]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Shows progress: objects done, rate, remaining time, busy workers.</summary>
    [Parameter]
    public SwitchParameter ShowProgress { get; set; }

    /// <summary>Records which worker runs which object when; Export-ProcessPoolTimeline exports that as a page or a trace.</summary>
    [Parameter]
    public SwitchParameter Timeline { get; set; }

    /// <summary>Finds the pool and begins the call.</summary>
    protected override void BeginProcessing()
    {
        ListenForSteps();
        if (UseNewRunspace)
        {
            ThrowTerminatingError(IpcErrorRecord.From(new IpcException(IpcErrorKind.NotSupported, Messages.PoolNoNewRunspace)));
        }

        _preference = PoolPreference.Of(this);
        _sequences = Unordered ? new FormattedSequences(_write) : null;
        SessionSetup? session = null;
        if (!Try(() => session = Pool is null ? SessionSetup.From(this, InitializationScript, new SessionRequest { Transfer = Session, Functions = Function, Modules = Module }) : null))
        {
            return;
        }

        SessionRequest request;
        try
        {
            _channel = ResolveChannel();
            _pool = Pool is null ? null : NamedPool(Pool);
            System.Collections.Hashtable used = UsingValues.Collect(ScriptBlock, this);
            request = Request(_pool?.Prepared ?? PreparedNames.Of(InitializationScript), [.. ArgumentList ?? [], .. Parameters?.Values ?? Array.Empty<object>(), .. used.Values]);
            if (_pool is null)
            {
                request = request with { Functions = [], Modules = [] }; // The workers of the call's own pool have them.
            }

            var setup = new CallSetup
            {
                Script = ScriptSource.Of(ScriptBlock),
                Arguments = ArgumentList ?? [],
                Parameters = Parameters is null ? null : new System.Collections.Hashtable(Parameters, StringComparer.OrdinalIgnoreCase),
                Using = used.Count > 0 ? used : null,
                Contents = SessionContents.Of(this, ScriptBlock, request, isBound: true),
                WantsSizes = CallerStreams.WantsVerbose(this),
                Session = CallerSession.Of(this),
                Wishes = CallerStreams.Of(this),
            };
            CallOptions options = Options(setup);
            _bags = BagReport.For(this);
            if (_pool is null)
            {
                byte[] bytes = setup.ToBytes(isRemote: false, out bool holdsSecrets, _bags?.Types);
                options = options with { HoldsSecrets = holdsSecrets };
                _pool = DefaultPools.Open(this, session!, ThrottleLimit, pool => _call = pool.Open(options, bytes));
            }
            else
            {
                byte[] bytes = setup.ToBytes(_pool.IsRemote, out bool holdsSecrets, _bags?.Types);
                _call = _pool.Open(options with { HoldsSecrets = holdsSecrets }, bytes);
            }

            _contents = (setup.Contents, setup.Values);
        }
        catch (IpcException e)
        {
            ThrowTerminatingError(IpcErrorRecord.From(e));
            return;
        }

        _writing = new WriteOptions(AllowsSecrets: !_pool!.IsRemote, _bags?.Types, KeepsScripts: true);
        _deadline = Deadline.After(Timeout);
        _progress = ShowProgress ? new PoolProgress(_pool!, _call!) : null;
        _notice = _pool.IsRemote && CallerStreams.WantsVerbose(this) ? new WaitNotice(_pool, _call!) : null;
        _waiting = ShowProgress || AsJob || _pool!.IsRemote || !_pool.Engine.MayWait(_call!) ? null : new WaitingProgress(_pool, _call!);
        WriteHints(request);
        _contents.Contents.Write(this, _contents.Values);
        WriteVerbose(_pool.IsRemote ? $"Process pool '{_pool.Name}' on {_pool.Server!.Uri} runs the script block." : $"Process pool '{_pool.Name}' with {_pool.WorkerCount} workers runs the script block.");
        if (CallerStreams.WantsVerbose(this) && WaitingProgress.OlderCalls(_pool, _call!) is { } olderCalls)
        {
            WriteVerbose(olderCalls);
        }

        if (!AsJob)
        {
            _ready = new CallWaitable(_call!);
            _turns = DownstreamOutput.Register(this, _ready, Wake);
        }
    }

    /// <summary>Gives an object to the pool and writes what has come back.</summary>
    protected override void ProcessRecord()
    {
        if (_call is null)
        {
            // An error was written.
            if (MyInvocation.ExpectingInput)
            {
                Upstream.Stop(this);
            }

            return;
        }

        if (_isFinished || (!MyInvocation.ExpectingInput && MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)) is false))
        {
            return;
        }

        bool isTurn = PipelineTurn.IsMarker(InputObject);
        Run(() =>
        {
            if (isTurn)
            {
                WriteReady();
            }
            else if (!Add(InputObject) && !AsJob)
            {
                WaitForRoom();
            }

            EndIfOverdue();
            if (_call.IsOver)
            {
                // There is no use in what else comes: either the time is over, or the call cannot be run.
                Finish();
                Upstream.Stop(this);
            }
        });
    }

    /// <summary>Writes all that comes back.</summary>
    protected override void EndProcessing()
    {
        if (_call is null || _isFinished)
        {
            return;
        }

        Run(() =>
        {
            if (_channel is not null)
            {
                RunChannel(_channel);
            }
            else if (!MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)))
            {
                Add(null);
            }

            _call.EndInput();
            Finish();
        });
    }

    /// <summary>Gives up what is not done.</summary>
    /// <param name="disposing">True when called by Dispose.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _call is { IsOver: false } && !_isJobGiven)
        {
            _call.Cancel(StopToken.IsCancellationRequested ? _preference.StopGracePeriod ?? PoolPreference.PromptGracePeriod : null);
        }

        if (disposing)
        {
            _turns?.End();
            ReleaseMessages();
        }

        base.Dispose(disposing);
    }

    private void Finish()
    {
        _isFinished = true;
        if (AsJob)
        {
            var job = new ProcessPoolJob(_pool!, _call!, ScriptBlock.ToString(), ShowProgress);
            job.AddTo(JobRepository);
            job.Follow();
            _bags?.Write();
            _isJobGiven = true;
            WriteObject(job);
            return;
        }

        WriteUntilOver();
        _sequences?.WriteRest();
        _turns?.End();
        _progress?.End(this);
        _bags?.Write();
        WriteFailure();
    }

    /// <summary>Turns the end of a wait into what a cmdlet does then.</summary>
    private void Run(Action work)
    {
        _turns?.BeginWork();
        try
        {
            work();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            _turns?.EndWork();
        }
    }

    private ProcessPool NamedPool(object pool) => InitializationScript is not null
        ? throw new IpcException(
            IpcErrorKind.InvalidArgument,
            Messages.PoolHasItsOwnSetup)
        : ProcessPool.Resolve(pool);

    private CallOptions Options(CallSetup setup) => new()
    {
        Script = setup.Script.Text,
        ThrottleLimit = ThrottleLimit > 0 || Pool is not null ? ThrottleLimit : _preference.WorkerCount ?? 0,
        ChunkSize = ChunkSize,
        IsOrdered = !Unordered,
        RetryCount = RetryCount,
        TaskTimeoutTicks = TicksOf(TaskTimeout),
        HasEnd = ScriptShape.HasEnd(ScriptBlock),
        StopGracePeriod = _preference.StopGracePeriod ?? PoolPreference.DefaultGracePeriod,
        IsForgottenAtOnce = setup.LiveObjects.Any() || CleanBlocks.IsIn(ScriptBlock),
        IsUnlimited = AsJob,
        IsRecorded = Timeline,
        DefinitionsKey = setup.Contents.Definitions.Key,
        Definitions = setup.Contents.Definitions.Bytes,
    };

    /// <summary>A time limit in ticks of Stopwatch; 0 for none, and for more than anybody waits.</summary>
    internal static long TicksOf(TimeSpan limit) =>
        limit < TimeSpan.Zero || limit > LongestLimit ? 0 : Math.Max(1, (long)(limit.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Gives an object to the pool; false when there is no room for another.</summary>
    private bool Add(object? item)
    {
        MessageBuffer buffer = MessageBuffer.Rent(_writing);
        bool hasRoom = true;
        try
        {
            Serializer.Serialize(item, buffer, IpcSerializers.DefaultDepth);
            NoteMessage(item, _call!.Submitted);
            if (Timeline)
            {
                _call.NoteText(ItemText.Of(item));
            }

            hasRoom = _call.Add(buffer.Written, buffer.HoldsSecrets);
        }
        catch (IpcException e)
        {
            WriteError(IpcErrorRecord.From(e, item));
        }
        finally
        {
            buffer.Return();
        }

        if (!AsJob)
        {
            WriteReady();
        }

        return hasRoom;
    }

    private void WaitForRoom()
    {
        do
        {
            if (DownstreamOutput.IsExpected)
            {
                DownstreamOutput.Wait([_ready!.OrRoom], all: false, Wake(), StopToken);
            }
            else
            {
                _call!.WaitForRoom(Wake(), StopToken);
            }

            WriteReady();
            EndIfOverdue();
        }
        while (!_call!.HasRoom && !_call.IsOver);
    }

    private void WriteUntilOver()
    {
        while (!_call!.IsOver || _call.HasReady)
        {
            if (DownstreamOutput.IsExpected)
            {
                DownstreamOutput.Wait([_ready!], all: false, Wake(), StopToken);
            }
            else
            {
                _call.WaitForResults(Wake(), StopToken);
            }

            WriteReady();
            EndIfOverdue();
        }
    }

    /// <summary>Until when to wait at a time: progress is to be shown, or the time is over.</summary>
    private Deadline Wake() => _progress is not null ? PoolProgress.NextLook(_deadline) : _waiting?.NextLook(_deadline) ?? _notice?.NextLook(_deadline) ?? _deadline;

    /// <summary>Says what the script block lacks in the workers.</summary>
    private void WriteHints(SessionRequest request)
    {
        BlockHint.WriteInitialization(this, InitializationScript, request);
        bool hasInput = _channel is not null || MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));
        BlockHint.Write(this, ScriptBlock, hasInput && Parameters is null, ArgumentList, request);
    }

    private void WriteReady()
    {
        while (_call!.TryTake(_results))
        {
            foreach (ResultSegment result in _results)
            {
                if (_messages is not null && result.IsDone)
                {
                    _messages.Remove(result.Index);
                }

                if (_sequences is null)
                {
                    ResultReader.ForEach(result, _write);
                }
                else
                {
                    _sequences.Write(result);
                }
            }

            _results.Clear();
        }

        _progress?.Show(this);
        _notice?.Show(this);
        if (_waiting?.Show(this) == false)
        {
            _waiting = null;
        }

        WriteSteps();
    }

    private void EndIfOverdue()
    {
        if (!_deadline.IsOver || _call!.IsOver)
        {
            return;
        }

        long left = _call.Submitted - _call.Done;
        _call.Cancel(keepsDone: true);
        WriteReady();
        WriteError(IpcErrorRecord.From(
            new IpcException(IpcErrorKind.Timeout, Messages.PoolCallTimedOut.With(left, _call.Submitted), _pool!.Name),
            _pool));
    }

    /// <summary>Writes why the call could not be run: workers that do not start, a module or an initialization script that fails.</summary>
    private void WriteFailure()
    {
        if (_call!.Failure is IpcException reason)
        {
            WriteError(IpcErrorRecord.From(reason, _pool));
        }
        else if (_call.Failure is { } other)
        {
            WriteError(new ErrorRecord(other, "PoolFailed", ErrorCategory.NotSpecified, _pool));
        }
        else if (!_call.FailureRecord.IsEmpty)
        {
            WriteError(ResultReader.ReadFailure(_call.FailureRecord));
        }
    }
}
