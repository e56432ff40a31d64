using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Releases a lock that this session holds.</para>
/// </summary>
[Cmdlet(VerbsCommon.Exit, "IpcLock")]
public sealed class ExitIpcLockCommand : NamedObjectCmdlet<IpcLock>
{
    /// <summary>The locks: objects or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Lock { get; set; } = [];

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Goes through them.</summary>
    protected override void ProcessRecord() => ForEach(Lock);

    private protected override void Process(IpcLock target)
    {
        target.Exit();
        WriteVerbose($"Let go of lock '{target.ShownName}'.");
    }
}
