using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Arrives at a barrier, and waits until all participants have arrived.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcBarrier")]
public sealed class WaitIpcBarrierCommand : NamedObjectCmdlet<IpcBarrier>
{
    /// <summary>The barriers, one after the other: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(BarrierNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Barrier { get; set; } = [];

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit. A wait that times out does not count as an arrival.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    private protected override NamedObjects<IpcBarrier> Known => IpcBarrier.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Barrier);

    private protected override void Process(IpcBarrier target) => target.Wait(Deadline.After(Timeout), StopToken);
}
