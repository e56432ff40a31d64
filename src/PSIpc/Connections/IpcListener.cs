using PSIpc.Core;
using PSIpc.Core.Connections;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Where Python processes, and PowerShell ones that share no memory with this one, connect to. Receive-IpcConnection takes the connections.</summary>
public sealed class IpcListener : IDisposable
{
    private readonly PeerListener _listener;

    internal IpcListener(PeerListener listener, string serializer, PickleOptions options)
    {
        _listener = listener;
        Serializer = serializer;
        Options = options;
    }

    /// <summary>The address that others connect to.</summary>
    public string Address => _listener.Address.Text;

    /// <summary>Whether others must know a key.</summary>
    public bool RequiresKey => _listener.RequiresKey;

    /// <summary>What messages are written in.</summary>
    public string Serializer { get; }

    /// <summary>Connections that wait to be accepted, and refusals that wait to be told.</summary>
    public int Count => _listener.Count;

    /// <summary>Connections that were accepted.</summary>
    public long Accepted => _listener.Accepted;

    /// <summary>Whether it is closed.</summary>
    public bool IsClosed => _listener.IsClosed;

    internal IWaitable Waitable => _listener.Waitable;

    private PickleOptions Options { get; }

    /// <summary>Listens.</summary>
    /// <param name="address">The path of a socket, <c>host:port</c>, or a named pipe of Windows; null for a socket that nobody has.</param>
    /// <param name="authKey">The key that others must know: a SecureString, a text, or bytes; null for none.</param>
    /// <param name="serializer">What messages are written in.</param>
    /// <exception cref="IpcException">Somebody listens there already, or it is not possible.</exception>
    public static IpcListener Create(string? address = null, object? authKey = null, string serializer = PickleIpcSerializer.SerializerName) => Create(
        address is null ? PeerAddress.Arbitrary() : PeerAddress.Parse(address), authKey, serializer, new PickleOptions(), PeerListener.DefaultFileMode);

    /// <summary>Takes the next connection, waiting for it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AuthenticationFailed"/> for one that did not know the key, which the next call goes on after; <see cref="IpcErrorKind.Closed"/>.</exception>
    public IpcConnection Accept() => TryAccept(Deadline.Never, default)!;

    /// <summary>Takes the next connection, waiting for it for a time.</summary>
    /// <param name="timeout">Seconds, or a TimeSpan.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Timeout"/>, and as <see cref="Accept()"/>.</exception>
    public IpcConnection Accept(object timeout) => TryAccept(Deadline.After(IpcTimeout.Parse(timeout)), default) ?? throw Nobody();

    /// <summary>Listens no more. Connections that were accepted stay.</summary>
    public void Close() => _listener.Close();

    /// <summary>Closes it.</summary>
    public void Dispose() => _listener.Close();

    /// <summary>Its address.</summary>
    public override string ToString() => Address;

    internal static IpcListener Create(PeerAddress address, object? authKey, string serializer, PickleOptions options, UnixFileMode mode) =>
        new(PeerListener.Create(address, AuthKeyArgument.ToBytes(authKey), IpcSerializers.FormatOf(serializer), mode), IpcSerializers.Get(serializer).Name, options);

    internal IpcConnection? TryAccept(Deadline deadline, CancellationToken cancellation) =>
        _listener.Accept(deadline, cancellation) is { } accepted ? new IpcConnection(accepted) { PickleOptions = Options } : null;

    internal IpcException Nobody() => new(IpcErrorKind.Timeout, Messages.AcceptTimedOut.With(Address), Address);
}
