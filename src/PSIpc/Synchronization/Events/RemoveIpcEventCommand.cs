using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes an event for all processes; its waiters get an error.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcEvent", SupportsShouldProcess = true)]
public sealed class RemoveIpcEventCommand : NamedObjectCmdlet<IpcEvent>
{
    /// <summary>The events: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Event { get; set; } = [];

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Removes the events.</summary>
    protected override void ProcessRecord() => ForEach(Event);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
