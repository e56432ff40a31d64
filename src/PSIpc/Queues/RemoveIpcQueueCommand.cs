using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a queue and the messages in it, for all processes.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcQueue", SupportsShouldProcess = true)]
public sealed class RemoveIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>Removes the queues.</summary>
    protected override void ProcessRecord() => ForEach(Queue);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
