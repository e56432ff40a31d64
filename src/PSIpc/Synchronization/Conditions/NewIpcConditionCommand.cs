using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a condition: processes wait for a predicate until others signal a change.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcCondition")]
[OutputType(typeof(IpcCondition))]
public sealed class NewIpcConditionCommand : NewObjectCmdlet<IpcCondition>
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<IpcCondition> Known => IpcCondition.Named;

    /// <summary>Makes the condition.</summary>
    protected override void ProcessRecord() => Write(
        Name, () => IpcCondition.Create(Name, Persistent, OpenExisting), made => [(nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
