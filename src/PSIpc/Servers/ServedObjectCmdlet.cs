using System.Management.Automation;

namespace PSIpc;

/// <summary>A cmdlet for objects of this machine, or of a server.</summary>
/// <typeparam name="T">The class of the objects.</typeparam>
public abstract class ServedObjectCmdlet<T> : NamedObjectCmdlet<T>
    where T : class, IIpcObject
{
    private NamedObjects<T>? _served;

    private protected ServedObjectCmdlet()
    {
    }

    /// <summary>The server of the objects: what Connect-IpcServer wrote, its name, or an address to connect to. By default the shared memory of this machine.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object? Server { get; set; }

    private protected sealed override NamedObjects<T> Known => Server is null ? Local : _served ??= On(ServerArgument.Resolve(Server, StopToken));

    private protected abstract NamedObjects<T> Local { get; }

    private protected abstract NamedObjects<T> On(IpcServer server);
}
