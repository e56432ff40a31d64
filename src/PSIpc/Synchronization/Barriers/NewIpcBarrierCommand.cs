using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a barrier: a point at which a number of participants wait for each other. A participant that dies breaks it.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcBarrier")]
[OutputType(typeof(IpcBarrier))]
public sealed class NewIpcBarrierCommand : NewObjectCmdlet<IpcBarrier>
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The number of participants: so many waits are released together.</summary>
    [Parameter(Mandatory = true, Position = 1)]
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
