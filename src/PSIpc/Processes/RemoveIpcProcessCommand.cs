using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes processes that have ended, with their remaining output; -Force kills running ones.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcProcess", SupportsShouldProcess = true)]
public sealed class RemoveIpcProcessCommand : ProcessCmdlet
{
    /// <summary>Kills processes that still run.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Removes the processes.</summary>
    protected override void ProcessRecord()
    {
        foreach (IpcProcess process in Resolve())
        {
            Try(() => Remove(process), process);
        }
    }

    private void Remove(IpcProcess process)
    {
        if (process.IsAlive && !Force && !process.IsDetached)
        {
            var error = new InvalidOperationException(
                Messages.ProcessStillRuns.With(process.Name, process.ProcessId));
            WriteError(new ErrorRecord(error, "IpcProcessRunning", ErrorCategory.InvalidOperation, process));
            return;
        }

        if (ShouldProcess($"{process.Name} ({process.ProcessId})"))
        {
            if (process.IsAlive && Force)
            {
                process.Kill();
                process.Finished.WaitOne();
            }

            JobRepository.Remove(process);
            process.Dispose();
        }
    }
}
