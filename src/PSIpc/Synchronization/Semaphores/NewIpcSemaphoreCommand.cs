using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a semaphore: a number of permits that processes take and give back. What a process held comes back when it is gone.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcSemaphore")]
[OutputType(typeof(IpcSemaphore))]
public sealed class NewIpcSemaphoreCommand : IpcCmdlet
{
    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public string? Name { get; set; }

    /// <summary>Permits from the beginning.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateRange(0, int.MaxValue)]
    public int Count { get; set; }

    /// <summary>The most permits that there can be; the count when it is not given.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Maximum { get; set; }

    /// <summary>Keep it when the last process leaves it, until it is removed or the machine restarts.</summary>
    [Parameter]
    public SwitchParameter Persistent { get; set; }

    /// <summary>Makes the semaphore.</summary>
    protected override void ProcessRecord()
    {
        if (Maximum < Count)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException(Messages.SemaphoreMaximumBelowCount.With(Maximum, Count)), "IpcInvalidArgument", ErrorCategory.InvalidArgument, Maximum));
        }

        Try(() => WriteMade(IpcSemaphore.Create(Count, Maximum, Name, Persistent)), Name);
    }
}
