using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Drops all messages that are in a queue.</para>
/// </summary>
[Cmdlet(VerbsCommon.Clear, "IpcQueue", SupportsShouldProcess = true)]
public sealed class ClearIpcQueueCommand : QueueCmdlet
{
    /// <inheritdoc/>
    protected override void Process(IpcQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (ShouldProcess(queue.Name))
        {
            long dropped = queue.Channel.Clear(StopToken);
            WriteVerbose($"Dropped {dropped:N0} messages of queue '{queue.Name}'.");
        }
    }
}
