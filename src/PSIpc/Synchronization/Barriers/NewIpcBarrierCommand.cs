using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a barrier: a point at which a number of participants wait for each other. A participant that dies breaks it.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcBarrier", DefaultParameterSetName = ParticipantCountSet)]
[OutputType(typeof(IpcBarrier))]
public sealed class NewIpcBarrierCommand : NewObjectCmdlet<IpcBarrier>
{
    // Position 0 is the count for a number and the name for a text: the engine tries parameters of the argument's own type first.
    private const string ParticipantCountSet = "ParticipantCount";
    private const string NameSet = "Name";

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ParticipantCountSet)]
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = NameSet)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The number of participants: so many waits are released together.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ParticipantCountSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [ValidateRange(1, int.MaxValue)]
    public int ParticipantCount { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<IpcBarrier> Known => IpcBarrier.Named;

    /// <summary>Makes the barrier.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => IpcBarrier.Create(ParticipantCount, Name, Persistent, OpenExisting),
        made => [(nameof(ParticipantCount), ParticipantCount, made.ParticipantCount), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
