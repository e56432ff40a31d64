using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until tasks of process pools have ended, and writes them.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "ProcessPoolTask")]
[OutputType(typeof(ProcessPoolTask))]
public sealed class WaitProcessPoolTaskCommand : IpcCmdlet
{
    private readonly List<ProcessPoolTask> _tasks = [];

    /// <summary>The tasks.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public ProcessPoolTask[] Task { get; set; } = [];

    /// <summary>Waits until one task has ended, instead of all.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>The maximum time to wait for all of them together, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Collects the tasks.</summary>
    protected override void ProcessRecord() => _tasks.AddRange(Task);

    /// <summary>Waits for them.</summary>
    protected override void EndProcessing() => Try(() =>
    {
        IReadOnlyList<int> ended = DownstreamOutput.Wait([.. _tasks.Select(t => t.Waitable)], !Any, Deadline.After(Timeout), StopToken);
        foreach (int index in ended)
        {
            WriteObject(_tasks[index]);
        }

        if (ended.Count < (Any ? 1 : _tasks.Count))
        {
            throw new IpcException(
                IpcErrorKind.Timeout,
                Messages.TasksTimedOut.With(_tasks.Count - ended.Count, _tasks.Count));
        }
    });
}
