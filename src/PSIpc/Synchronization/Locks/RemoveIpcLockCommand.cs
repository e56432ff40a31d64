using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a lock for all processes; its waiters get an error.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcLock", SupportsShouldProcess = true)]
public sealed class RemoveIpcLockCommand : NamedObjectCmdlet<IpcLock>
{
    /// <summary>The locks: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Lock { get; set; } = [];

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Removes the locks.</summary>
    protected override void ProcessRecord() => ForEach(Lock);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
