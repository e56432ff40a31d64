using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a shared block of bytes, which Python's SharedMemory opens by its name.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "SharedMemory", DefaultParameterSetName = SizeSet)]
[OutputType(typeof(SharedMemory))]
public sealed class NewSharedMemoryCommand : NewObjectCmdlet<SharedMemory>
{
    // Position 0 is the size for a number and the name for a text: the engine tries parameters of the argument's own type first.
    private const string SizeSet = "Size";
    private const string NameSet = "Name";

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, not beginning with <c>psipc.</c>; a short unique one is made when none is given.</summary>
    [Parameter(ParameterSetName = SizeSet)]
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The size in bytes, such as 4MB; all bytes are 0 at the beginning.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = SizeSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [ValidateRange(1, long.MaxValue)]
    public long Size { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<SharedMemory> Known => SharedMemory.Named;

    /// <summary>Makes the block.</summary>
    protected override void ProcessRecord() => Write(
        Name,
        () => SharedMemory.Create(Size, Name, Persistent, OpenExisting),
        made => [(nameof(Size), Size, made.Size), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
}
