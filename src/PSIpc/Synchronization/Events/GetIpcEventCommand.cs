using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens events that exist, made by this process or another.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcEvent")]
[OutputType(typeof(IpcEvent))]
public sealed class GetIpcEventCommand : NamedObjectCmdlet<IpcEvent>
{
    /// <summary>The names, with wildcards; all events when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The longest time to wait for each name until there is one, or for one that matches a wildcard: seconds, or a TimeSpan. No wait when it is not given.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Opens the events.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
