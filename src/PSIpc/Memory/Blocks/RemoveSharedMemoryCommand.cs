using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a block of bytes. Processes that have it open keep their access until they close it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "SharedMemory", SupportsShouldProcess = true)]
public sealed class RemoveSharedMemoryCommand : NamedObjectCmdlet<SharedMemory>
{
    /// <summary>The blocks: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(MemoryNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] InputObject { get; set; } = [];

    private protected override NamedObjects<SharedMemory> Known => SharedMemory.Named;

    /// <summary>Removes the blocks.</summary>
    protected override void ProcessRecord() => ForEach(InputObject);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
