using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Closes this process's ends of a pipe, or a connection. The other end receives all messages already sent, then reports the end of the pipe.</para>
/// </summary>
[Cmdlet(VerbsCommon.Close, "IpcPipe", SupportsShouldProcess = true)]
public sealed class CloseIpcPipeCommand : NamedObjectCmdlet<IpcPipe>
{
    /// <summary>The pipes, of which both ends that this process has are closed; single ends; or connections: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(PipeNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Pipe { get; set; } = [];

    private protected override NamedObjects<IpcPipe> Known => IpcPipe.Named;

    /// <summary>Closes the pipes.</summary>
    protected override void ProcessRecord() => ForEach(Pipe);

    private protected override void ProcessArgument(object? argument)
    {
        object? plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (plain is IpcConnection connection)
        {
            if (ShouldProcess($"connection '{connection.Name}'", "Close"))
            {
                connection.Close(StopToken);
            }
        }
        else if (plain is not IpcPipeEnd end)
        {
            base.ProcessArgument(argument);
        }
        else if (ShouldProcess($"pipe '{end.ShownName}', {end.End}", "Close"))
        {
            end.Close(StopToken);
        }
    }

    private protected override void Process(IpcPipe target)
    {
        if (ShouldProcess($"pipe '{((IIpcObject)target).ShownName}'", "Close"))
        {
            target.Close(StopToken);
        }
    }
}
