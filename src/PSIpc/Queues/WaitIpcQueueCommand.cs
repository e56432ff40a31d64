using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until all messages of a queue have been received.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcQueue")]
public sealed class WaitIpcQueueCommand : QueueCmdlet
{
    /// <summary>The longest time to wait for each queue: seconds, or a TimeSpan. For ever when it is not given.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <inheritdoc/>
    protected override void Process(IpcQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (!queue.Channel.WaitUntilEmpty(Deadline.After(Timeout), StopToken))
        {
            throw new IpcException(
                IpcErrorKind.Timeout,
                $"Queue '{queue.Name}' still held {queue.Count:N0} messages when the time given was over.",
                queue.Name);
        }
    }
}
