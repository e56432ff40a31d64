using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing queues of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcQueue")]
[OutputType(typeof(IpcQueue))]
public sealed class GetIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The names, with wildcards; by default all queues. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    /// <summary>Opens the queues.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
