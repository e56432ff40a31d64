using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes an event that processes set and wait for.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcEvent")]
[OutputType(typeof(IpcEvent))]
public sealed class NewIpcEventCommand : NewObjectCmdlet<IpcEvent>
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>Each successful wait resets the event, so that each set releases one waiter.</summary>
    [Parameter]
    public SwitchParameter AutoReset { get; set; }

    /// <summary>Makes the event set at the beginning.</summary>
    [Parameter]
    public SwitchParameter Set { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<IpcEvent> Known => IpcEvent.Named;

    /// <summary>Makes the event.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => IpcEvent.Create(Name, AutoReset, Set, Persistent, OpenExisting),
        made => [(nameof(AutoReset), AutoReset.IsPresent, made.IsAutoReset), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
