using PSIpc.Core;
using PSIpc.Core.Waiting;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>A server given as an object, as the name of one, or as an address to connect to.</summary>
internal static class ServerArgument
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(30);

    /// <summary>The server of an argument.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>, <see cref="IpcErrorKind.InvalidArgument"/>, or why it cannot be connected to.</exception>
    public static IpcServer Resolve(object? argument, CancellationToken cancellation) => Unwrap(argument) switch
    {
        IpcServer { IsDisposed: true } gone => throw new IpcException(IpcErrorKind.Closed, Messages.ServerDisconnected.With(gone.Name), gone.Name),
        IpcServer server => server,
        string text when text.Contains("://", StringComparison.Ordinal) => ByAddress(text, cancellation), // Also a wrong one, which may have a password in it.
        string name => IpcServers.Find(name, cancellation) ?? throw new IpcException(
            IpcErrorKind.NotFound, Messages.ServerNotFound.With(name), name),
        null => throw new IpcException(IpcErrorKind.NotFound, Messages.ServerArgumentNull),
        var other => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ServerArgumentInvalid.With(other.GetType())),
    };

    /// <summary>Where the objects of a server are that this session is connected to; null for none.</summary>
    public static string? PlaceOf(object? argument) => Unwrap(argument) switch
    {
        IpcServer server => server.Uri,
        string text => IpcServers.All.FirstOrDefault(s => string.Equals(s.Name, text, StringComparison.OrdinalIgnoreCase) || s.Settings.Addresses.Contains(text))?.Uri,
        _ => null,
    };

    private static IpcServer ByAddress(string address, CancellationToken cancellation)
    {
        var settings = ServerSettings.Parse(address);
        return IpcServers.Find(settings.Address, cancellation) ?? IpcServers.Connect(settings, Deadline.After(ConnectTime), cancellation);
    }
}
