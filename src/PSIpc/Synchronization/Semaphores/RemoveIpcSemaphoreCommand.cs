using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a semaphore for all processes; its waiters get an error.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcSemaphore", SupportsShouldProcess = true)]
public sealed class RemoveIpcSemaphoreCommand : NamedObjectCmdlet<IpcSemaphore>
{
    /// <summary>The semaphores: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(SemaphoreNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Semaphore { get; set; } = [];

    private protected override NamedObjects<IpcSemaphore> Known => IpcSemaphore.Named;

    /// <summary>Removes the semaphores.</summary>
    protected override void ProcessRecord() => ForEach(Semaphore);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
