using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a condition for all processes; its waiters get an error.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcCondition", SupportsShouldProcess = true)]
public sealed class RemoveIpcConditionCommand : NamedObjectCmdlet<IpcCondition>
{
    /// <summary>The conditions: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ConditionNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Condition { get; set; } = [];

    private protected override NamedObjects<IpcCondition> Known => IpcCondition.Named;

    /// <summary>Removes the conditions.</summary>
    protected override void ProcessRecord() => ForEach(Condition);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
