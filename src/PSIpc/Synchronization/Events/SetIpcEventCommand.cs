using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Sets an event and releases its waiters.</para>
/// </summary>
[Cmdlet(VerbsCommon.Set, "IpcEvent")]
public sealed class SetIpcEventCommand : NamedObjectCmdlet<IpcEvent>
{
    /// <summary>The events: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(EventNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Event { get; set; } = [];

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Event);

    private protected override void Process(IpcEvent target)
    {
        target.Set(StopToken);
        WriteVerbose($"Set event '{target.ShownName}'.");
    }
}
