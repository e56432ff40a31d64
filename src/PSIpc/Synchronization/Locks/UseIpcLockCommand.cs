using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Runs a script block while holding a lock, and always releases the lock: after an error, Ctrl+C, or the end of the pipeline.</para>
/// </summary>
[Cmdlet(VerbsOther.Use, "IpcLock")]
[OutputType(typeof(object))]
public sealed class UseIpcLockCommand : IpcCmdlet
{
    private const string Variable = "__PSIpc_Use_IpcLock";

    /// <summary>The lock: an object or a name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object Lock { get; set; } = "";

    /// <summary>The script block to run, in the scope of the caller. Its output is written while the lock is held.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The maximum time to wait for the lock, in seconds or as a TimeSpan. By default there is no limit. After a timeout the script block does not run.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Takes the lock and runs the script block.</summary>
    protected override void EndProcessing()
    {
        IpcLock? taken = null;
        if (!Try(
            () =>
            {
                IpcLock target = IpcLock.Named.Resolve(Lock);
                target.Enter(Deadline.After(Timeout), StopToken);
                taken = target;
            },
            Lock))
        {
            return;
        }

        try
        {
            WriteVerbose($"Took lock '{taken!.Name}'.");
            LockWarning.WriteIfAbandoned(this, taken);
            Run();
        }
        finally
        {
            // The script block may have let go of it, or removed it.
            if (taken!.IsHeldHere && !taken.IsRemoved)
            {
                taken.Exit();
            }
        }
    }

    private void Run()
    {
        // A steppable pipeline writes straight to this cmdlet's output. It finds what it runs by a variable, which is gone before that runs.
        SteppablePipeline pipeline;
        SessionState.PSVariable.Set(Variable, ScriptBlock);
        try
        {
            pipeline = ScriptBlock.Create($". ${Variable}").GetSteppablePipeline(MyInvocation.CommandOrigin);
        }
        finally
        {
            SessionState.PSVariable.Remove(Variable);
        }

        using SteppablePipeline running = pipeline;
        pipeline.Begin(this);
        pipeline.Process();
        pipeline.End();
    }
}
