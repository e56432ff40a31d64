using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes a pipe for both sides.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcPipe", SupportsShouldProcess = true)]
public sealed class RemoveIpcPipeCommand : NamedObjectCmdlet<IpcPipe>
{
    /// <summary>The pipes: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(PipeNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Pipe { get; set; } = [];

    private protected override NamedObjects<IpcPipe> Known => IpcPipe.Named;

    /// <summary>Removes the pipes.</summary>
    protected override void ProcessRecord() => ForEach(Pipe);

    private protected override void ProcessArgument(object? argument) => RemoveArgument(argument);
}
