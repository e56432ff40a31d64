using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Closes a topic for sending. Subscriptions receive the remaining messages, then they end.</para>
/// </summary>
[Cmdlet(VerbsCommon.Close, "IpcTopic", SupportsShouldProcess = true)]
public sealed class CloseIpcTopicCommand : ServedTopicCmdlet
{
    /// <summary>The topics: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(TopicNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Topic { get; set; } = [];

    /// <summary>Closes the topics.</summary>
    protected override void ProcessRecord() => ForEach(Topic);

    private protected override void Process(IpcTopic target)
    {
        if (ShouldProcess($"topic '{target.ShownName}'", "Close"))
        {
            target.Close(StopToken);
        }
    }
}
