using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a shared value. Processes that have it open keep their access until they close it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "SharedValue", SupportsShouldProcess = true)]
public sealed class RemoveSharedValueCommand : NamedObjectCmdlet<SharedValue>
{
    /// <summary>The shared values: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ValueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] InputObject { get; set; } = [];

    private protected override NamedObjects<SharedValue> Known => SharedValue.Named;

    /// <summary>Removes the values.</summary>
    protected override void ProcessRecord() => ForEach(InputObject);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
