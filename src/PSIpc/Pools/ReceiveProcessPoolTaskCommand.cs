using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits for tasks of process pools and writes their output. A task's error ends this cmdlet.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "ProcessPoolTask")]
[OutputType(typeof(object))]
public sealed class ReceiveProcessPoolTaskCommand : IpcCmdlet
{
    /// <summary>The tasks.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public ProcessPoolTask[] Task { get; set; } = [];

    /// <summary>The maximum time to wait for each task, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Receives from the tasks, one after the other.</summary>
    protected override void ProcessRecord()
    {
        foreach (ProcessPoolTask task in Task)
        {
            Try(() => Receive(task), task);
        }
    }

    private void Receive(ProcessPoolTask task)
    {
        Deadline deadline = Deadline.After(Timeout);
        if (DownstreamOutput.IsExpected)
        {
            DownstreamOutput.Wait([task.Waitable], all: false, deadline, StopToken);
        }

        if (!task.Wait(deadline, StopToken))
        {
            throw task.TimeoutError();
        }

        foreach (StreamRecord record in task.Records())
        {
            record.WriteTo(this);
        }

        if (task.State == ProcessPoolTaskState.Stopped)
        {
            throw task.StoppedError();
        }

        if (task.Error is { } error)
        {
            ThrowRemoteError(error);
        }
    }
}
