using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes an array. Processes that have it open keep their access until they close it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "SharedArray", SupportsShouldProcess = true)]
public sealed class RemoveSharedArrayCommand : NamedObjectCmdlet<SharedArray>
{
    /// <summary>The arrays: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ArrayNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [SharedArrayTransformation]
    public object[] Array { get; set; } = [];

    private protected override NamedObjects<SharedArray> Known => SharedArray.Named;

    /// <summary>Removes the arrays.</summary>
    protected override void ProcessRecord() => ForEach(Array);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
