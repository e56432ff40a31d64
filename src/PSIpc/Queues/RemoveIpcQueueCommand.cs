using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a queue and the messages in it, for all processes.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcQueue", SupportsShouldProcess = true)]
public sealed class RemoveIpcQueueCommand : QueueCmdlet
{
    /// <inheritdoc/>
    protected override void Process(IpcQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (ShouldProcess(queue.Name))
        {
            queue.Channel.Remove(StopToken);
            queue.Dispose();
        }
    }

    private protected override void ProcessArgument(object? argument)
    {
        try
        {
            base.ProcessArgument(argument);
        }
        catch (IpcException e) when (e.Kind is IpcErrorKind.CorruptData or IpcErrorKind.VersionMismatch && argument?.ToString() is string name)
        {
            // Cannot be opened, but can be got rid of: that is what its error says to do.
            if (ShouldProcess(name))
            {
                IpcDirectory.Default.DeleteFile(ObjectKind.Queue, name);
            }
        }
    }
}
