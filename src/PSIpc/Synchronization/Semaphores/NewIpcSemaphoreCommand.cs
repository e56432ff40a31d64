using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a semaphore: a number of permits that processes take and return. Permits of a dead process return, unless they are unowned.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcSemaphore", DefaultParameterSetName = CountSet)]
[OutputType(typeof(IpcSemaphore))]
public sealed class NewIpcSemaphoreCommand : NewObjectCmdlet<IpcSemaphore>
{
    // Position 0 is the count for a number and the name for a text: the engine tries parameters of the argument's own type first.
    private const string CountSet = "Count";
    private const string NameSet = "Name";

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = CountSet)]
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = NameSet)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>The number of permits at the beginning.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CountSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>The maximum number of permits; by default that of <c>-Count</c>, and with <c>-Unowned</c> 2147483647.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Maximum { get; set; }

    /// <summary>Permits belong to no process: they count items, and permits that a process took are not returned when it dies.</summary>
    [Parameter]
    public SwitchParameter Unowned { get; set; }

    /// <summary>Keeps the object after the last process that has it open has ended, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    private protected override NamedObjects<IpcSemaphore> Known => IpcSemaphore.Named;

    /// <summary>Makes the semaphore.</summary>
    protected override void ProcessRecord()
    {
        if (Maximum < Count)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException(Messages.SemaphoreMaximumBelowCount.With(Maximum, Count)), "IpcInvalidArgument", ErrorCategory.InvalidArgument, Maximum));
        }

        Write(
            Name,
            () => IpcSemaphore.Create(Count, Maximum, Name, Persistent, OpenExisting, Unowned),
            made => [(nameof(Unowned), Unowned.IsPresent, made.IsUnowned), (nameof(Maximum), (long)(Maximum ?? 0), made.Maximum), (nameof(Persistent), Persistent.IsPresent, made.IsPersistent)]);
    }
}
