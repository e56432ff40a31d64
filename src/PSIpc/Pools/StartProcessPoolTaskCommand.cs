using System.Management.Automation;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Has a process pool run a script block once, and returns at once with a task to wait for and to receive from.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "ProcessPoolTask")]
[OutputType(typeof(ProcessPoolTask))]
public sealed class StartProcessPoolTaskCommand : IpcCmdlet
{
    /// <summary>What is run. <c>$using:</c> takes values from this session.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The arguments of the script block, by position.</summary>
    [Parameter(Position = 1)]
    [Alias("Args")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ArgumentList { get; set; }

    /// <summary>What <c>$_</c> is; from the pipeline each object is a task.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The pool: what New-ProcessPool made, or its name. Without it a pool of the session is used, whose workers stay for a while.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [ValidateNotNull]
    public object? Pool { get; set; }

    /// <summary>The longest time that it may run: its worker is killed and replaced then, and it fails with IpcTaskTimeout.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan TaskTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How often it is run again after its worker died in the middle of it, or its time was over.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int RetryCount { get; set; }

    private bool _hasHinted;

    /// <summary>Begins a task.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            ProcessPool? pool = Pool is null ? null : ProcessPool.Resolve(Pool);
            if (!_hasHinted)
            {
                _hasHinted = true;
                bool hasInput = MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));
                BlockHint.Write(this, ScriptBlock, hasInput, ArgumentList, pool?.PreparedVariables ?? []);
            }

            var setup = new CallSetup
            {
                Script = ScriptSource.Of(ScriptBlock),
                Arguments = ArgumentList ?? [],
                Using = UsingValues.Collect(ScriptBlock, this) is { Count: > 0 } values ? values : null,
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
            WriteObject(task);
        },
        InputObject);
}
