using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens queues that exist, made by this process or another.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcQueue")]
[OutputType(typeof(IpcQueue))]
public sealed class GetIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The names, with wildcards; all queues when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Opens the queues.</summary>
    protected override void ProcessRecord() => WriteNamed(Name);
}
