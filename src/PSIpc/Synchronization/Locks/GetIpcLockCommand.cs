using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens locks that exist, made by this process or another.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcLock")]
[OutputType(typeof(IpcLock))]
public sealed class GetIpcLockCommand : NamedObjectCmdlet<IpcLock>
{
    /// <summary>The names, with wildcards; all locks when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Opens the locks.</summary>
    protected override void ProcessRecord() => WriteNamed(Name);
}
