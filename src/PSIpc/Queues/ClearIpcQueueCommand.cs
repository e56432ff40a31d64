using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Drops all messages that are in a queue.</para>
/// </summary>
[Cmdlet(VerbsCommon.Clear, "IpcQueue", SupportsShouldProcess = true)]
public sealed class ClearIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>Clears the queues.</summary>
    protected override void ProcessRecord() => ForEach(Queue);

    private protected override void Process(IpcQueue target)
    {
        if (ShouldProcess($"queue '{target.ShownName}'", "Clear"))
        {
            long dropped = target.Clear(StopToken);
            WriteVerbose($"Dropped {dropped:N0} messages of queue '{target.ShownName}'.");
        }
    }
}
