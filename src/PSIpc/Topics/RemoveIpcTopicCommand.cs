using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a topic for all processes. Its subscriptions receive the remaining messages, then they end.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcTopic", SupportsShouldProcess = true)]
public sealed class RemoveIpcTopicCommand : ServedTopicCmdlet
{
    /// <summary>The topics: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(TopicNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Topic { get; set; } = [];

    /// <summary>Removes the topics.</summary>
    protected override void ProcessRecord() => ForEach(Topic);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
