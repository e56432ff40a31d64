using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits for a lock and takes it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Enter, "IpcLock")]
public sealed class EnterIpcLockCommand : NamedObjectCmdlet<IpcLock>
{
    /// <summary>The locks, taken one after the other: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Lock { get; set; } = [];

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Lock);

    private protected override void Process(IpcLock target)
    {
        target.Enter(Deadline.After(Timeout), StopToken);
        WriteVerbose($"Took lock '{target.ShownName}'.");
        LockWarning.WriteIfAbandoned(this, target);
    }
}
