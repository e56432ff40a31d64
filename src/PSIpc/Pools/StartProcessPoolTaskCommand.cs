using System.Management.Automation;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Starts a script block in a process pool, and returns at once with a task.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "ProcessPoolTask")]
[OutputType(typeof(ProcessPoolTask))]
public sealed class StartProcessPoolTaskCommand : SessionCmdlet
{
    /// <summary>The script block to run. <c>$using:</c> takes values from this session.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The arguments of the script block, by position.</summary>
    [Parameter(Position = 1)]
    [Alias("Args")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ArgumentList { get; set; }

    /// <summary>The arguments of the script block by name: a table such as <c>@{ Path = $file; Force = $true }</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public System.Collections.IDictionary? Parameters { get; set; }

    /// <summary>The value of <c>$_</c>. From the pipeline, each object is a task.</summary>
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

    /// <summary>The time limit of each task, in seconds or as a TimeSpan. When it is exceeded, the task fails with <c>IpcTaskTimeout</c>, and its worker is killed and replaced.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan TaskTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How often the task is retried after its worker died while running it, or its time limit was exceeded.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int RetryCount { get; set; }

    private bool _hasHinted;

    /// <summary>Begins a task.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            ProcessPool? pool = Pool is null ? null : ProcessPool.Resolve(Pool);
            System.Collections.Hashtable used = UsingValues.Collect(ScriptBlock, this);
            SessionRequest request = Request(pool?.Prepared ?? PreparedNames.None, [.. ArgumentList ?? [], .. Parameters?.Values ?? Array.Empty<object>(), .. used.Values]);
            bool isFirst = !_hasHinted;
            if (isFirst)
            {
                _hasHinted = true;
                bool hasInput = MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));
                BlockHint.Write(this, ScriptBlock, hasInput && Parameters is null, ArgumentList, request);
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
            CallOptions options = ProcessPoolTask.OptionsFor(ScriptBlock) with
            {
                RetryCount = RetryCount,
                TaskTimeoutTicks = InvokeProcessPoolCommand.TicksOf(TaskTimeout),
                StopGracePeriod = PoolPreference.Of(this).StopGracePeriod ?? PoolPreference.DefaultGracePeriod,
            };
            BagReport? bags = BagReport.For(this);
            ProcessPoolTask task = pool is null
                ? ProcessPoolTask.StartInDefaultPool(this, setup, options, InputObject, bags?.Types)
                : ProcessPoolTask.Start(pool, setup, options, InputObject, bagTypes: bags?.Types);
            bags?.Write();
            if (isFirst)
            {
                setup.Contents.Write(this, setup.Values);
            }

            WriteObject(task);
        },
        InputObject);
}
