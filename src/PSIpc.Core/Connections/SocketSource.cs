using System.Net;
using System.Net.Sockets;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Connections;

/// <summary>A socket that listens. The file of a Unix socket is for its user alone before anybody can connect, and goes with the listener.</summary>
internal sealed class SocketSource : IConnectionSource
{
    private const int Backlog = 128;

    private readonly Socket _socket;

    private SocketSource(Socket socket, PeerAddress address)
    {
        _socket = socket;
        Address = address;
    }

    public PeerAddress Address { get; }

    /// <summary>Listens at an address.</summary>
    public static SocketSource Listen(PeerAddress address, UnixFileMode mode)
    {
        EndPoint endPoint = Task.Run(() => address.ResolveAsync(toListen: true, CancellationToken.None)).GetAwaiter().GetResult();
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, address.IsPath ? ProtocolType.Unspecified : ProtocolType.Tcp);
        bool isBound = false;
        try
        {
            if (!address.IsPath && OperatingSystem.IsWindows())
            {
                // Without it another listener may bind to the address, or to the wildcard address of the port. On Unix .NET's ReuseAddress is not set, since it means SO_REUSEPORT too; bind(2) of .NET
                // sets SO_REUSEADDR alone, which allows a port whose old connections are in TIME_WAIT, and no second listener.
                socket.ExclusiveAddressUse = true;
            }

            Bind(socket, endPoint, address);
            isBound = address.IsPath;
            if (address.IsPath && !OperatingSystem.IsWindows())
            {
                // Before it listens nobody can connect, whatever the mode is until here.
                File.SetUnixFileMode(address.Host, mode);
            }

            socket.Listen(Backlog);
            return new SocketSource(socket, address is { IsPath: false, Port: 0 } ? address.WithPort(((IPEndPoint)socket.LocalEndPoint!).Port) : address);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (isBound)
            {
                File.Delete(address.Host);
            }

            throw e is SocketException or UnauthorizedAccessException or IOException ? Failed(address, e) : e;
        }
    }

    public async Task<MessageLink> AcceptAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new SocketLink(await _socket.AcceptAsync(cancellation).ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted)
            {
                // That one is gone again; the next.
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                // Until this process closes some.
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation).ConfigureAwait(false);
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (Address.IsPath)
        {
            File.Delete(Address.Host);
        }
    }

    private static void Bind(Socket socket, EndPoint endPoint, PeerAddress address)
    {
        try
        {
            socket.Bind(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && address.IsPath && IsLeftBehind(endPoint, address))
        {
            // A killed process cannot remove its file.
            File.Delete(address.Host);
            socket.Bind(endPoint);
        }
    }

    /// <summary>Whether the file at a path is a socket that nobody listens at.</summary>
    private static bool IsLeftBehind(EndPoint endPoint, PeerAddress address)
    {
        if (!Platform.Sockets.IsSocketFile(address.Host))
        {
            return false;
        }

        // Of another kind than what listens: that answers that it is there, and no connection is made to it.
        using var probe = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private static IpcException Failed(PeerAddress address, Exception cause) => cause switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => new(
            IpcErrorKind.AlreadyExists, address.IsPath ? Messages.AddressInUseOrFile.With(address) : Messages.AddressInUse.With(address), address.Text, cause),
        SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException => new(
            IpcErrorKind.PermissionDenied, Messages.AddressNotForThisUser.With(address, cause.Message), address.Text, cause),
        _ => new(IpcErrorKind.InvalidArgument, Messages.CannotListenBecause.With(address, cause.Message), address.Text, cause),
    };
}
