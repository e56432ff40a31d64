using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens pipes that exist, made by this process or another. Opening takes no end of a pipe: the first use of one does.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcPipe")]
[OutputType(typeof(IpcPipe))]
public sealed class GetIpcPipeCommand : NamedObjectCmdlet<IpcPipe>
{
    /// <summary>The names, with wildcards; all pipes when none is given. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PipeNameCompleter))]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The longest time to wait for each name until there is one, or for one that matches a wildcard: seconds, or a TimeSpan. No wait when it is not given.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcPipe> Known => IpcPipe.Named;

    /// <summary>Opens the pipes.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
