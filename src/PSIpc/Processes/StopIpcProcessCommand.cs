using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Stops processes as Ctrl+C does, and waits until they have ended; kills those that have not ended after their grace period. -Force kills them at once.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Stop, "IpcProcess", SupportsShouldProcess = true)]
[OutputType(typeof(IpcProcess))]
public sealed class StopIpcProcessCommand : ProcessCmdlet
{
    /// <summary>Kills the processes at once: no finally block runs.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The maximum time to wait for each process to end, in seconds or as a TimeSpan. By default there is no limit. The grace period does not depend on it.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Writes the processes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Stops the processes.</summary>
    protected override void ProcessRecord()
    {
        TimeSpan? gracePeriod = PoolPreference.Of(this).StopGracePeriod;
        List<IpcProcess> processes = Resolve().FindAll(p => ShouldProcess($"{p.Name} ({p.ProcessId})"));
        foreach (IpcProcess process in processes)
        {
            if (Force)
            {
                process.Kill();
            }
            else
            {
                process.RequestStop(gracePeriod);
            }
        }

        foreach (IpcProcess process in processes)
        {
            Try(() => WaitForEnd(process), process);
        }
    }

    private void WaitForEnd(IpcProcess process)
    {
        int ended = WaitHandle.WaitAny([process.Finished, StopToken.WaitHandle], Deadline.After(Timeout).Milliseconds());
        StopToken.ThrowIfCancellationRequested();
        if (ended == WaitHandle.WaitTimeout)
        {
            throw new IpcException(
                IpcErrorKind.Timeout,
                Messages.ProcessStopTimedOut.With(process.Name, process.ProcessId),
                process.Name);
        }

        if (PassThru)
        {
            WriteObject(process);
        }
    }
}
