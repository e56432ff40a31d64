using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A server that queues and topics are on, for processes of many machines: RabbitMQ, by AMQP 0-9-1.</summary>
/// <remarks>A lost connection is made again by itself. The password is never shown.</remarks>
public sealed class IpcServer : IDisposable
{
    /// <summary>How long a lost connection is tried to be made again when nothing else is asked for.</summary>
    internal static readonly TimeSpan DefaultReconnectTimeout = TimeSpan.FromMinutes(2);

    private IpcServer(ServerSettings settings, IServerConnection connection)
    {
        Settings = settings;
        Connection = connection;
    }

    /// <summary>The name that this session calls it by.</summary>
    public string Name => Settings.Name;

    /// <summary>Its address, with the user and without the password.</summary>
    public string Uri => Settings.Address;

    /// <summary>The addresses of all nodes of its cluster that were given, without the password.</summary>
    public string[] Nodes => [.. Settings.Addresses];

    /// <summary>The host; of a cluster, the first that was given.</summary>
    public string HostName => Settings.Host;

    /// <summary>The port there.</summary>
    public int Port => Settings.Port;

    /// <summary>The part of the server that its objects are in.</summary>
    public string VirtualHost => Settings.VirtualHost;

    /// <summary>The user that this session is there.</summary>
    public string UserName => Settings.UserName;

    /// <summary>Whether all goes through TLS.</summary>
    public bool IsSecured => Settings.IsSecured;

    /// <summary>Whether the connection is there now; false while it is being made again, and once it is disconnected.</summary>
    public bool IsConnected => Connection.IsConnected;

    /// <summary>What the server is, and its version.</summary>
    public string Product => Connection.Product;

    /// <summary>Why the server accepts no messages now, such as <c>low on memory</c>; empty where it accepts them. Sending waits meanwhile, for as long as <c>-Timeout</c> says.</summary>
    public string BlockedReason => Connection.BlockedReason ?? "";

    internal ServerSettings Settings { get; }

    internal IServerConnection Connection { get; }

    /// <summary>Whether it was disconnected.</summary>
    internal bool IsDisposed => Connection.IsDisposed;

    /// <summary>Disconnects. Its queues and topics stay on the server.</summary>
    public void Dispose()
    {
        IpcServers.Forget(this);
        Connection.Dispose();
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Connects to a server.</summary>
    /// <exception cref="IpcException">Nobody is there, or does not let this user in.</exception>
    internal static IpcServer Connect(ServerSettings settings, Deadline deadline, CancellationToken cancellation)
    {
        IServerConnection connection = DependencyLoadContext.CreateServerConnection(settings);
        try
        {
            connection.Connect(deadline, cancellation);
            return new IpcServer(settings, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The queues on it, as users name them.</summary>
    internal NamedObjects<IpcQueue> Queues(CancellationToken cancellation) =>
        new ServerObjects<IpcQueue>(this, ObjectKind.Queue, "queue", name => new IpcQueue(Connection.OpenQueue(name, cancellation)));

    /// <summary>The topics on it, as users name them.</summary>
    internal NamedObjects<IpcTopic> Topics(CancellationToken cancellation) =>
        new ServerObjects<IpcTopic>(this, ObjectKind.Topic, "topic", name => new IpcTopic(Connection.OpenTopic(name, cancellation)));

    /// <summary>Opens what a reference names.</summary>
    internal IIpcObject Open(IpcReference reference)
    {
        string name = IpcName.Check(reference.Name);
        return reference.Kind switch
        {
            ObjectKind.Queue => new IpcQueue(Connection.OpenQueue(name, default)),
            ObjectKind.Topic when reference.Part == 0 => new IpcTopic(Connection.OpenTopic(name, default)),
            ObjectKind.Topic => new IpcSubscription(Connection.OpenSubscription(name, reference.Part, default)),
            _ => throw new IpcException(IpcErrorKind.CorruptData, Messages.ServerReferenceKind.With(name, (int)reference.Kind), name),
        };
    }
}
