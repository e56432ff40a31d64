using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Closes a queue for sending. Receivers drain it, then they end.</para>
/// </summary>
[Cmdlet(VerbsCommon.Close, "IpcQueue", SupportsShouldProcess = true)]
public sealed class CloseIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>Closes the queues.</summary>
    protected override void ProcessRecord() => ForEach(Queue);

    private protected override void Process(IpcQueue target)
    {
        if (ShouldProcess($"queue '{target.ShownName}'", "Close"))
        {
            target.Close(StopToken);
        }
    }
}
