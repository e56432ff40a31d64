using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Says that no more messages will be sent through a queue. Receivers drain what is there, then they end.</para>
/// </summary>
[Cmdlet(VerbsCommon.Close, "IpcQueue", SupportsShouldProcess = true)]
public sealed class CloseIpcQueueCommand : QueueCmdlet
{
    /// <inheritdoc/>
    protected override void Process(IpcQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (ShouldProcess(queue.Name))
        {
            queue.Channel.Close(StopToken);
        }
    }
}
