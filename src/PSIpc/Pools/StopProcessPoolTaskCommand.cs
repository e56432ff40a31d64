using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Stops tasks of process pools as Ctrl+C does. A worker that does not stop in time is killed.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Stop, "ProcessPoolTask", SupportsShouldProcess = true)]
public sealed class StopProcessPoolTaskCommand : IpcCmdlet
{
    /// <summary>The tasks.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public ProcessPoolTask[] Task { get; set; } = [];

    /// <summary>Kills the worker at once.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Stops the tasks.</summary>
    protected override void ProcessRecord()
    {
        foreach (ProcessPoolTask task in Task.Where(t => !t.IsCompleted && ShouldProcess($"task {t.Id} of process pool '{t.Pool.Name}'", "Stop")))
        {
            task.Stop(Force ? TimeSpan.Zero : null);
        }
    }
}
