using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a lock that one process at a time holds. The lock of a dead process is taken over.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcLock")]
[OutputType(typeof(IpcLock))]
public sealed class NewIpcLockCommand : NewObjectCmdlet<IpcLock>
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>An object that holds the lock can take it again; the lock is free after as many releases.</summary>
    [Parameter]
    public SwitchParameter Recursive { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Makes the lock.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => IpcLock.Create(Name, Recursive, Persistent, OpenExisting),
        made => [(nameof(Recursive), Recursive.IsPresent, made.IsRecursive), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
