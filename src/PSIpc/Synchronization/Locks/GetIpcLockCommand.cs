using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing locks of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcLock")]
[OutputType(typeof(IpcLock))]
public sealed class GetIpcLockCommand : NamedObjectCmdlet<IpcLock>
{
    /// <summary>The names, with wildcards; by default all locks. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(LockNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcLock> Known => IpcLock.Named;

    /// <summary>Opens the locks.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
