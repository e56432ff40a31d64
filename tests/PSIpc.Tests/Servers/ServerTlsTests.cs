using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>TLS: the server's certificate is checked, and the client shows its own.</summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerTlsTests(RabbitBroker broker) : ServerTest(broker)
{
    private string Secured => $"amqps://{RabbitBroker.User}:{Uri.EscapeDataString(RabbitBroker.Password)}@localhost:{Broker.SecuredPort}";

    [Theory]
    [InlineData("-Certificate $client")]
    [InlineData("-Certificate $pfx -CertificatePassword $secret")]
    [InlineData("-Certificate ([Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPemFile($client))")]
    public void Certificates_that_are_trusted_connect(string certificate)
    {
        object?[] output = Session.RunCleanly(
            $$"""
            $secret = [securestring]::new(); 'pfx password'.ToCharArray() | ForEach-Object { $secret.AppendChar($_) }
            $tls = Connect-IpcServer $address -Name "$serverName-tls" -CertificateAuthority $authority {{certificate}}
            $tls.IsSecured; $tls.IsConnected
            $q = New-IpcQueue {{Name}} -Server $tls
            Send-IpcMessage $q 'secret'
            Receive-IpcMessage $q
            Start-IpcProcess { Send-IpcMessage $using:q 'from a child' } | Wait-IpcProcess | Receive-IpcProcess
            Receive-IpcMessage $q
            Disconnect-IpcServer $tls
            """,
            ("address", Secured),
            ("authority", Broker.Certificates.Authority),
            ("client", Broker.Certificates.Client),
            ("pfx", Broker.Certificates.ClientPfx));
        Assert.Equal([true, true, "secret", "from a child"], output);
    }

    [Theory]
    [InlineData("Connect-IpcServer $address -Name other -Certificate $client")]
    [InlineData("Connect-IpcServer $address -Name other -Certificate $client -CertificateAuthority $stranger")]
    public void A_server_whose_certificate_nobody_trusts_is_refused(string script)
    {
        Session.RunCleanly("$address = $a; $client = $c; $stranger = $s", ("a", Secured), ("c", Broker.Certificates.Client), ("s", Broker.Certificates.Stranger));
        Fails(script, "IpcAuthenticationFailed", ErrorCategory.AuthenticationError);
    }

    [Fact]
    public void A_certificate_is_for_its_host()
    {
        Session.RunCleanly("$address = $a; $client = $c; $authority = $s", ("a", Secured.Replace("localhost", "ip6-localhost", StringComparison.Ordinal)), ("c", Broker.Certificates.Client), ("s", Broker.Certificates.Authority));
        ErrorRecord error = Session.RunForError("Connect-IpcServer $address -Name other -Certificate $client -CertificateAuthority $authority");
        Assert.Matches("^Ipc(AuthenticationFailed|NotFound),", error.FullyQualifiedErrorId); // where the machine has no such name
    }

    [Theory]
    [InlineData("Connect-IpcServer 'amqps://localhost' -Name other -CertificateAuthority /nowhere.pem", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Connect-IpcServer 'amqps://localhost' -Name other -Certificate $authority", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Connect-IpcServer 'amqps://localhost' -Name other -Certificate 42", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Connect-IpcServer 'amqp://localhost' -Name other -CertificateAuthority $authority", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    public void What_is_wrong_with_a_certificate_is_told(string script, string id, ErrorCategory category)
    {
        Session.RunCleanly("$authority = $a", ("a", Broker.Certificates.Authority));
        Fails(script, id, category);
    }
}
