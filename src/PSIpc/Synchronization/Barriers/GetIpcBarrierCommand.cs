using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing barriers of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcBarrier")]
[OutputType(typeof(IpcBarrier))]
public sealed class GetIpcBarrierCommand : NamedObjectCmdlet<IpcBarrier>
{
    /// <summary>The names, with wildcards; by default all barriers. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BarrierNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcBarrier> Known => IpcBarrier.Named;

    /// <summary>Opens the barriers.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
