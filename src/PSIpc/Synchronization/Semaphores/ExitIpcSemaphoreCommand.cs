using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Returns permits of a semaphore, or adds permits up to its maximum.</para>
/// </summary>
[Cmdlet(VerbsCommon.Exit, "IpcSemaphore")]
public sealed class ExitIpcSemaphoreCommand : NamedObjectCmdlet<IpcSemaphore>
{
    /// <summary>The semaphores: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(SemaphoreNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Semaphore { get; set; } = [];

    /// <summary>The number of permits (1).</summary>
    [Parameter(Position = 1)]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    private protected override NamedObjects<IpcSemaphore> Known => IpcSemaphore.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Semaphore);

    private protected override void Process(IpcSemaphore target)
    {
        target.Exit(Count, StopToken);
        WriteVerbose($"Gave {Count:N0} back to semaphore '{target.ShownName}'; {target.Count:N0} free.");
    }
}
