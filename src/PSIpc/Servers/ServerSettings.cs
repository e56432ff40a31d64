using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>How a server is reached. It holds the password, and so shows its address alone.</summary>
internal sealed record ServerSettings
{
    private const string Plain = "amqp";
    private const string Secured = "amqps";
    private const int PlainPort = 5672;
    private const int SecuredPort = 5671;
    private const int DataLength = 11;

    /// <summary>The name that the session calls it by.</summary>
    public required string Name { get; init; }

    public required bool IsSecured { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>Hosts and ports of other nodes of the same cluster, by which it is reached too.</summary>
    public IReadOnlyList<(string Host, int Port)> OtherNodes { get; init; } = [];

    public required string VirtualHost { get; init; }

    public required string UserName { get; init; }

    public required string Password { get; init; }

    /// <summary>Certificates that are trusted beside the system's, as DER.</summary>
    public byte[][] Authorities { get; init; } = [];

    /// <summary>The certificate and key that this side shows, as PKCS #12; null for none.</summary>
    public byte[]? Certificate { get; init; }

    /// <summary>How long a lost connection is tried to be made again before those who wait for it are told.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = IpcServer.DefaultReconnectTimeout;

    /// <summary>The address without the password: what objects on the server travel with.</summary>
    public string Address => AddressOf(Host, Port);

    /// <summary>The addresses of all nodes, without the password.</summary>
    public IEnumerable<string> Addresses => OtherNodes.Select(n => AddressOf(n.Host, n.Port)).Prepend(Address);

    /// <summary>Whether a text is the address of a server.</summary>
    public static bool IsAddress(string text) =>
        text.StartsWith(Plain + "://", StringComparison.OrdinalIgnoreCase) || text.StartsWith(Secured + "://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the addresses of the nodes of one cluster.</summary>
    /// <param name="uris">The addresses; the first says how all are reached, as which user, and in which virtual host.</param>
    /// <param name="name">The name; that of the first host if null.</param>
    /// <param name="credential">The user and password; those of the first address, or the server's own guest, if null.</param>
    /// <param name="authorities">Certificates to trust.</param>
    /// <param name="certificate">The certificate and key to show.</param>
    /// <param name="reconnectTimeout">How long to try again.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static ServerSettings ParseCluster(
        IReadOnlyList<string> uris,
        string? name = null,
        (string User, string Password)? credential = null,
        byte[][]? authorities = null,
        byte[]? certificate = null,
        TimeSpan? reconnectTimeout = null)
    {
        ServerSettings first = Parse(uris[0], name, credential, authorities, certificate, reconnectTimeout);
        ServerSettings[] others = [.. uris.Skip(1).Select(u => Parse(u))];
        return Array.Find(others, o => o.IsSecured != first.IsSecured) is { } other
            ? throw new IpcException(
                IpcErrorKind.InvalidArgument,
                Messages.ServerNodesDiffer.With(other.Host, first.Host, other.IsSecured ? Secured : Plain, first.IsSecured ? Secured : Plain))
            : first with { OtherNodes = [.. others.Select(o => (o.Host, o.Port)).Where(n => n != (first.Host, first.Port)).Distinct()] };
    }

    /// <summary>Reads an address.</summary>
    /// <param name="uri">The address, <c>amqp(s)://[user[:password]@]host[:port][/virtual-host]</c>.</param>
    /// <param name="name">The name; that of the host if null.</param>
    /// <param name="credential">The user and password; those of the address, or the server's own guest, if null.</param>
    /// <param name="authorities">Certificates to trust.</param>
    /// <param name="certificate">The certificate and key to show.</param>
    /// <param name="reconnectTimeout">How long to try again.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static ServerSettings Parse(
        string uri,
        string? name = null,
        (string User, string Password)? credential = null,
        byte[][]? authorities = null,
        byte[]? certificate = null,
        TimeSpan? reconnectTimeout = null)
    {
        if (!IsAddress(uri) || !Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || parsed.Host.Length == 0)
        {
            // Not the text itself, which may have a password in it.
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ServerAddressInvalid);
        }

        bool isSecured = string.Equals(parsed.Scheme, Secured, StringComparison.OrdinalIgnoreCase);
        if (!isSecured && (authorities is { Length: > 0 } || certificate is not null))
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ServerCertificateWithoutTls);
        }

        string[] user = parsed.UserInfo.Split(':', 2);
        string path = parsed.AbsolutePath.TrimStart('/');
        string host = parsed.DnsSafeHost;
        return new ServerSettings
        {
            Name = name ?? (IpcName.IsValid(host) ? host : IpcName.MakeUnique("server")),
            IsSecured = isSecured,
            Host = host,
            Port = parsed.Port > 0 ? parsed.Port : isSecured ? SecuredPort : PlainPort,
            VirtualHost = path.Length == 0 ? "/" : Uri.UnescapeDataString(path),
            UserName = credential?.User ?? (user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : "guest"),
            Password = credential?.Password ?? (user.Length == 2 ? Uri.UnescapeDataString(user[1]) : "guest"),
            Authorities = authorities ?? [],
            Certificate = certificate,
            ReconnectTimeout = reconnectTimeout ?? IpcServer.DefaultReconnectTimeout,
        };
    }

    /// <summary>Reads what <see cref="ToData"/> made.</summary>
    public static ServerSettings FromData(object?[] data) => data.Length != DataLength
        ? throw new IpcException(IpcErrorKind.CorruptData, Messages.ServerInheritanceInvalid)
        : new()
        {
            Name = (string)data[0]!,
            IsSecured = (bool)data[1]!,
            Host = (string)data[2]!,
            Port = (int)data[3]!,
            VirtualHost = (string)data[4]!,
            UserName = (string)data[5]!,
            Password = (string)data[6]!,
            Authorities = [.. ((object?[])data[7]!).Cast<byte[]>()],
            Certificate = (byte[]?)data[8],
            ReconnectTimeout = TimeSpan.FromTicks((long)data[9]!),
            OtherNodes = [.. ((object?[])data[10]!).Chunk(2).Select(n => ((string)n[0]!, (int)n[1]!))],
        };

    /// <summary>The same as plain data, for a process that this one starts.</summary>
    public object?[] ToData() =>
    [
        Name, IsSecured, Host, Port, VirtualHost, UserName, Password, Authorities.Cast<object?>().ToArray(), Certificate, ReconnectTimeout.Ticks,
        OtherNodes.SelectMany(n => new object?[] { n.Host, n.Port }).ToArray(),
    ];

    /// <summary>The address; never the password, which a record would show by itself.</summary>
    public override string ToString() => Address;

    private string AddressOf(string host, int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsSecured ? Secured : Plain)}://{Uri.EscapeDataString(UserName)}@{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}/{Uri.EscapeDataString(VirtualHost)}");
}
