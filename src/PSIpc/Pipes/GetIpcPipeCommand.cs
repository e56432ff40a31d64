using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing pipes of any process. The first use of an end, not opening the pipe, takes the end.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcPipe")]
[OutputType(typeof(IpcPipe))]
public sealed class GetIpcPipeCommand : NamedObjectCmdlet<IpcPipe>
{
    /// <summary>The names, with wildcards; by default all pipes. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PipeNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcPipe> Known => IpcPipe.Named;

    /// <summary>Opens the pipes.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
