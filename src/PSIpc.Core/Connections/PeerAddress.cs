using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PSIpc.Core.Connections;

/// <summary>Where a listener is: the path of a Unix socket, <c>host:port</c> of TCP, or a Windows named pipe, <c>\\.\pipe\name</c>.</summary>
public sealed class PeerAddress
{
    private const string PipePrefix = @"\\";
    private const string PipeFolder = @"\pipe\";

    private PeerAddress(string text, AddressFamily family, string host, int port)
    {
        Text = text;
        Family = family;
        Host = host;
        Port = port;
    }

    /// <summary>The address as it is written.</summary>
    public string Text { get; }

    /// <summary>Whether it is a Windows named pipe.</summary>
    public bool IsPipe => Family == AddressFamily.Unspecified;

    /// <summary>Whether it is the path of a Unix socket.</summary>
    public bool IsPath => Family == AddressFamily.Unix;

    internal AddressFamily Family { get; }

    /// <summary>The host; of a pipe its name, of a socket's path the path.</summary>
    internal string Host { get; }

    internal int Port { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">A path, <c>host:port</c>, or <c>\\.\pipe\name</c>.</param>
    /// <param name="fullPath">Makes a path a full one; null for the process's current folder.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static PeerAddress Parse(string text, Func<string, string>? fullPath = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith(PipePrefix, StringComparison.Ordinal))
        {
            int at = text.IndexOf(PipeFolder, StringComparison.OrdinalIgnoreCase);
            return at > 0 && at + PipeFolder.Length < text.Length
                ? new PeerAddress(text, AddressFamily.Unspecified, text[(at + PipeFolder.Length)..], 0)
                : throw Invalid(text);
        }

        int colon = text.LastIndexOf(':');
        if (colon > 0 && !text.Contains('/', StringComparison.Ordinal) && !text.Contains('\\', StringComparison.Ordinal))
        {
            return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue
                ? new PeerAddress(text, AddressFamily.InterNetwork, text[..colon].Trim('[', ']'), port)
                : throw Invalid(text);
        }

        return text.Length > 0 ? OfPath(fullPath?.Invoke(text) ?? Path.GetFullPath(text)) : throw Invalid(text);
    }

    /// <summary>A path in the folder for temporary files that nobody has.</summary>
    public static PeerAddress Arbitrary() => OfPath(Path.Combine(Path.GetTempPath(), $"psipc-{Guid.NewGuid():N}.sock"));

    /// <summary>The address as it is written.</summary>
    public override string ToString() => Text;

    internal PeerAddress WithPort(int port) => new($"{Text[..Text.LastIndexOf(':')]}:{port.ToString(CultureInfo.InvariantCulture)}", Family, Host, port);

    /// <summary>Where to connect to, or to listen.</summary>
    internal async Task<EndPoint> ResolveAsync(bool toListen, CancellationToken cancellation)
    {
        if (IsPath)
        {
            try
            {
                return new UnixDomainSocketEndPoint(Host);
            }
            catch (ArgumentOutOfRangeException e)
            {
                throw new IpcException(IpcErrorKind.InvalidArgument, Messages.SocketPathTooLong.With(Host), Text, e);
            }
        }

        if (toListen && Host == "*")
        {
            return new IPEndPoint(IPAddress.Any, Port);
        }

        try
        {
            // Python's AF_INET is IPv4: where a host has both, that.
            IPAddress[] found = await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
            return new IPEndPoint(Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0], Port);
        }
        catch (Exception e) when (e is SocketException or IndexOutOfRangeException or ArgumentException)
        {
            throw new IpcException(IpcErrorKind.NotFound, Messages.HostNotFound.With(Host, e.Message), Text, e);
        }
    }

    private static PeerAddress OfPath(string path) => new(path, AddressFamily.Unix, path, 0);

    private static IpcException Invalid(string text) => new(
        IpcErrorKind.InvalidArgument, Messages.AddressNotUnderstood.With(text), text);
}
