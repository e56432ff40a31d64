using System.Buffers.Binary;
using System.Collections.Concurrent;
using PSIpc.Core;
using PSIpc.Core.Waiting;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>The servers of this session: those that it is connected to, and those that the process which started this one was.</summary>
internal static class IpcServers
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(30);
    private static readonly object Gate = new();
    private static readonly Dictionary<string, IpcServer> Connected = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, ServerSettings> Inherited = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The servers that this session is connected to, by name.</summary>
    public static IReadOnlyList<IpcServer> All
    {
        get
        {
            lock (Gate)
            {
                return [.. Connected.Values.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];
            }
        }
    }

    /// <summary>The names that can be given for a server.</summary>
    public static IEnumerable<string> Names => All.Select(s => s.Name).Concat(Inherited.Keys).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Connects to a server, which the session keeps under its name.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, and as <see cref="IpcServer.Connect"/>.</exception>
    public static IpcServer Connect(ServerSettings settings, Deadline deadline, CancellationToken cancellation)
    {
        RequireFree(settings.Name);
        IpcServer server = IpcServer.Connect(settings, deadline, cancellation);
        lock (Gate)
        {
            if (Connected.TryAdd(server.Name, server))
            {
                return server;
            }
        }

        server.Dispose();
        throw Taken(settings.Name);
    }

    /// <summary>A server by its name, or by its address; null when there is none.</summary>
    public static IpcServer? Find(string nameOrAddress, CancellationToken cancellation)
    {
        lock (Gate)
        {
            IpcServer? connected = ServerSettings.IsAddress(nameOrAddress)
                ? Connected.Values.FirstOrDefault(s => s.Settings.Addresses.Contains(nameOrAddress))
                : Connected.GetValueOrDefault(nameOrAddress);
            if (connected is not null)
            {
                return connected;
            }
        }

        ServerSettings? inherited = ServerSettings.IsAddress(nameOrAddress)
            ? Inherited.Values.FirstOrDefault(s => s.Addresses.Contains(nameOrAddress))
            : Inherited.GetValueOrDefault(nameOrAddress);
        return inherited is null ? null : ConnectInherited(inherited, cancellation);
    }

    /// <summary>The server of an object that arrived.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when this process does not know it.</exception>
    public static IpcServer OfReference(IpcReference reference) => Find(reference.Directory, default) ?? throw new IpcException(
        IpcErrorKind.NotFound,
        Messages.ServerOfReferenceNotConnected.With(reference.Name, WithoutPassword(reference.Directory)),
        reference.Name);

    /// <summary>Forgets a server that was disconnected.</summary>
    public static void Forget(IpcServer server)
    {
        lock (Gate)
        {
            if (Connected.GetValueOrDefault(server.Name) == server)
            {
                Connected.Remove(server.Name);
                Inherited.TryRemove(server.Name, out _);
            }
        }
    }

    /// <summary>An address as it may be shown.</summary>
    public static string WithoutPassword(string address)
    {
        try
        {
            return ServerSettings.Parse(address).Address;
        }
        catch (IpcException)
        {
            return Messages.ServerOfReference;
        }
    }

    /// <summary>Writes what a process that this one starts is to know, passwords included: only into memory that this user alone can read.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="isEmpty">Whether it is to know of none.</param>
    public static void WriteInheritance(MessageBuffer buffer, bool isEmpty = false)
    {
        int start = buffer.Length;
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(sizeof(int)), 0);
        buffer.Advance(sizeof(int));
        object?[] servers = isEmpty ? [] : [.. All.Select(s => s.Settings).Concat(Inherited.Values).DistinctBy(s => s.Name, StringComparer.OrdinalIgnoreCase).Select(s => s.ToData())];
        if (servers.Length > 0)
        {
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(servers, buffer, IpcSerializers.DefaultDepth);
            BinaryPrimitives.WriteInt32LittleEndian(buffer.Edit(start), buffer.Length - start - sizeof(int));
        }
    }

    /// <summary>Reads what <see cref="WriteInheritance"/> wrote, and goes past it.</summary>
    public static void ReadInheritance(ref ReadOnlyMemory<byte> data)
    {
        int length = data.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(data.Span);
        if (length < 0 || length > data.Length - sizeof(int))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ServerInheritanceInvalid);
        }

        if (length > 0)
        {
            object? read = Unwrap(IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(data.Slice(sizeof(int), length)));
            foreach (object? one in (object?[])read!)
            {
                ServerSettings settings = ServerSettings.FromData([.. ((object?[])Unwrap(one)!).Select(Unwrap)]);
                Inherited[settings.Name] = settings;
            }
        }

        data = data[(sizeof(int) + length)..];
    }

    private static IpcServer ConnectInherited(ServerSettings settings, CancellationToken cancellation)
    {
        try
        {
            return Connect(settings, Deadline.After(ConnectTime), cancellation);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.AlreadyExists)
        {
            // Another thread of this process was faster.
            lock (Gate)
            {
                return Connected[settings.Name];
            }
        }
    }

    private static void RequireFree(string name)
    {
        lock (Gate)
        {
            if (Connected.ContainsKey(name))
            {
                throw Taken(name);
            }
        }
    }

    private static IpcException Taken(string name) => new(
        IpcErrorKind.AlreadyExists, Messages.ServerNameTaken.With(name), name);
}
