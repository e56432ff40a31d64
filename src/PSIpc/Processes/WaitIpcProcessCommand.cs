using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until processes have ended, and writes them.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcProcess")]
[OutputType(typeof(IpcProcess))]
public sealed class WaitIpcProcessCommand : ProcessCmdlet
{
    private readonly List<IpcProcess> _waiting = [];

    /// <summary>The maximum time to wait for all of them together, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Collects the processes.</summary>
    protected override void ProcessRecord() => _waiting.AddRange(Resolve());

    /// <summary>Waits for them in the order given.</summary>
    protected override void EndProcessing()
    {
        Deadline deadline = Deadline.After(Timeout);
        foreach (IpcProcess process in _waiting)
        {
            Try(() => Wait(process, deadline), process);
        }
    }

    private void Wait(IpcProcess process, Deadline deadline)
    {
        if (DownstreamOutput.IsExpected)
        {
            DownstreamOutput.Wait([new JobWaitable(process)], all: false, deadline, StopToken);
        }

        int ended = WaitHandle.WaitAny([process.Finished, StopToken.WaitHandle], deadline.Milliseconds());
        StopToken.ThrowIfCancellationRequested();
        if (ended == WaitHandle.WaitTimeout)
        {
            throw new IpcException(
                IpcErrorKind.Timeout, Messages.ProcessWaitTimedOut.With(process.Name, process.ProcessId), process.Name);
        }

        WriteObject(process);
    }
}
