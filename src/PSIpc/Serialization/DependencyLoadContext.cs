using System.Reflection;
using System.Runtime.Loader;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// Loads what the module depends on from the folder <c>dependencies</c> beside it, apart from the assemblies of the session: another
/// module may have brought another version of the same library.
/// </summary>
internal sealed class DependencyLoadContext : AssemblyLoadContext
{
    private static readonly DependencyLoadContext Instance = new();

    private readonly string _folder = Path.Combine(Path.GetDirectoryName(typeof(DependencyLoadContext).Assembly.Location)!, "dependencies");

    private DependencyLoadContext()
        : base("PSIpc dependencies")
    {
    }

    /// <summary>The MessagePack serializer.</summary>
    public static IIpcSerializer CreateMessagePackSerializer() => Create<IIpcSerializer>("PSIpc.MessagePack", "MessagePackIpcSerializer");

    /// <summary>Sums and extremes of arrays.</summary>
    public static IReductions CreateReductions() => Create<IReductions>("PSIpc.Tensors", "TensorReductions");

    /// <summary>What shows the monitor.</summary>
    public static IMonitorScreen CreateMonitorScreen() => Create<IMonitorScreen>("PSIpc.Monitor", "MonitorScreen");

    /// <summary>A connection to a server, not connected yet.</summary>
    public static IServerConnection CreateServerConnection(ServerSettings settings) => Create<IServerConnection>("PSIpc.RabbitMQ", "RabbitServer", settings);

    private static T Create<T>(string assembly, string type, params object[] arguments) => (T)Activator.CreateInstance(
        Instance.LoadFromAssemblyName(new AssemblyName(assembly)).GetType($"{assembly}.{type}", throwOnError: true)!,
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic,
        binder: null,
        arguments,
        culture: null)!;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // The module's own assemblies are those that are loaded already: their types must be the same on both sides.
        Assembly[] own = [typeof(DependencyLoadContext).Assembly, typeof(IpcException).Assembly];
        if (Array.Find(own, a => a.GetName().Name == assemblyName.Name) is { } loaded)
        {
            return loaded;
        }

        string path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
