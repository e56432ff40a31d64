using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing topics of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcTopic")]
[OutputType(typeof(IpcTopic))]
public sealed class GetIpcTopicCommand : ServedTopicCmdlet
{
    /// <summary>The names, with wildcards; by default all topics. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TopicNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    /// <summary>Opens the topics.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
