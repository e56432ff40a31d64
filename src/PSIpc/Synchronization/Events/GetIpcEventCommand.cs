using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing events of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcEvent")]
[OutputType(typeof(IpcEvent))]
public sealed class GetIpcEventCommand : NamedObjectCmdlet<IpcEvent>
{
    /// <summary>The names, with wildcards; by default all events. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Opens the events.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
