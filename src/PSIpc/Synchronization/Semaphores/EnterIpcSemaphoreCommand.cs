using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits for a permit of a semaphore and takes it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Enter, "IpcSemaphore")]
public sealed class EnterIpcSemaphoreCommand : NamedObjectCmdlet<IpcSemaphore>
{
    /// <summary>The semaphores: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(SemaphoreNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Semaphore { get; set; } = [];

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    private protected override NamedObjects<IpcSemaphore> Known => IpcSemaphore.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Semaphore);

    private protected override void Process(IpcSemaphore target)
    {
        target.Enter(Deadline.After(Timeout), StopToken);
        WriteVerbose($"Took a permit of semaphore '{target.ShownName}'; {target.Count:N0} free.");
    }
}
