using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a queue and the messages in it, for all processes.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcQueue", SupportsShouldProcess = true)]
public sealed class RemoveIpcQueueCommand : IpcCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>Removes the queues.</summary>
    protected override void ProcessRecord()
    {
        foreach (object? queue in Queue.SelectMany(QueueArgument.Expand))
        {
            Try(() => Remove(queue), queue);
        }
    }

    private void Remove(object? argument)
    {
        IpcQueue queue;
        try
        {
            queue = QueueArgument.Resolve(argument);
        }
        catch (IpcException e) when (e.Kind is IpcErrorKind.CorruptData or IpcErrorKind.VersionMismatch && argument is not null)
        {
            // Cannot be opened, but can be got rid of: that is what its error says to do.
            string name = argument.ToString()!;
            if (ShouldProcess(name))
            {
                IpcDirectory.Default.DeleteFile(ObjectKind.Queue, name);
            }

            return;
        }

        if (ShouldProcess(queue.Name))
        {
            queue.Channel.Remove(StopToken);
            queue.Dispose();
        }
    }
}
