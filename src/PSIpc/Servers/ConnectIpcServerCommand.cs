using System.Management.Automation;
using System.Security;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Connects to a RabbitMQ server or cluster, for queues, topics and pools of many machines.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "IpcServer")]
[OutputType(typeof(IpcServer))]
public sealed class ConnectIpcServerCommand : IpcCmdlet
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(30);

    /// <summary>The server's address: <c>amqp://host[:port][/virtual-host]</c>, or <c>amqps://</c> for TLS. For a cluster, the addresses of several nodes: the session connects to any node that answers, and to another one when the connection is lost. The first address names the virtual host and the user.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Uri { get; set; } = [];

    /// <summary>The user name and password (by default guest, whom most servers accept only from their own machine). They are kept in memory, and never shown.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The name of the server in this session, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; by default that of its host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public string? Name { get; set; }

    /// <summary>Certificates that may have signed the server's, beside those that the system trusts: paths of PEM or DER files, or X509Certificate2 objects.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? CertificateAuthority { get; set; }

    /// <summary>The certificate by which this side proves who it is, with its private key: the path of a PEM or PKCS #12 file, or an X509Certificate2.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    /// <summary>The password of the file that -Certificate names.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>The maximum time that senders and receivers wait for a lost connection to be restored before they fail, in seconds or as a TimeSpan (two minutes).</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan ReconnectTimeout { get; set; } = IpcServer.DefaultReconnectTimeout;

    /// <summary>The maximum time to wait for the connection to the server, in seconds or as a TimeSpan (30 seconds).</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = DefaultTime;

    /// <summary>Connects.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            (string, string)? credential = Credential is null ? null : (Credential.UserName.TrimStart('\\'), Credential.GetNetworkCredential().Password);
            var settings = ServerSettings.ParseCluster(
                Uri,
                Name is null ? null : IpcName.Check(Name),
                credential,
                CertificateAuthority is null ? null : CertificateArgument.Authorities(CertificateAuthority, GetUnresolvedProviderPathFromPSPath),
                Certificate is null ? null : CertificateArgument.WithKey(Certificate, CertificatePassword, GetUnresolvedProviderPathFromPSPath),
                ReconnectTimeout);
            IpcServer server = IpcServers.Connect(settings, Deadline.After(Timeout), StopToken);
            WriteVerbose($"Connected to {server.Product} at {server.Uri}.");
            WriteObject(server);
        },
        IpcServers.WithoutPassword(Uri[0]));
}
