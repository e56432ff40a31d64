using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until an event is set.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcEvent")]
public sealed class WaitIpcEventCommand : NamedObjectCmdlet<IpcEvent>
{
    /// <summary>The events, waited for one after the other: objects or names. Wait-IpcObject waits for any of several.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Event { get; set; } = [];

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Event);

    private protected override void Process(IpcEvent target)
    {
        if (!Wait(target, Deadline.After(Timeout)))
        {
            throw new IpcException(IpcErrorKind.Timeout, Messages.EventTimedOut.With(target.ShownName), target.ShownName);
        }
    }

    private bool Wait(IpcEvent target, Deadline deadline)
    {
        if (!DownstreamOutput.IsExpected)
        {
            return target.Wait(deadline, StopToken);
        }

        while (!target.Wait(Deadline.Now, StopToken))
        {
            if (DownstreamOutput.Wait([target.Waitable], all: false, deadline, StopToken).Count == 0)
            {
                return false;
            }
        }

        return true;
    }
}
