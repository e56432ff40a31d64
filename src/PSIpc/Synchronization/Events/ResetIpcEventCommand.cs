using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Resets an event: later waits wait for the next set.</para>
/// </summary>
[Cmdlet(VerbsCommon.Reset, "IpcEvent")]
public sealed class ResetIpcEventCommand : NamedObjectCmdlet<IpcEvent>
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
        target.Reset(StopToken);
        WriteVerbose($"Reset event '{target.ShownName}'.");
    }
}
