using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a barrier for all processes; its waiters get an error.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcBarrier", SupportsShouldProcess = true)]
public sealed class RemoveIpcBarrierCommand : NamedObjectCmdlet<IpcBarrier>
{
    /// <summary>The barriers: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(BarrierNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Barrier { get; set; } = [];

    private protected override NamedObjects<IpcBarrier> Known => IpcBarrier.Named;

    /// <summary>Removes the barriers.</summary>
    protected override void ProcessRecord() => ForEach(Barrier);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
