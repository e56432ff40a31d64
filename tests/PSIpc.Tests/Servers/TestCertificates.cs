using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSIpc.Tests;

/// <summary>Certificates that a test makes: one that signs, and those of a server and a client that it signed; and of a stranger.</summary>
internal sealed class TestCertificates
{
    private readonly string _folder;

    public TestCertificates(string folder)
    {
        _folder = folder;
        using X509Certificate2 authority = MakeAuthority("PSIpc tests");
        using X509Certificate2 stranger = MakeAuthority("Stranger");
        Authority = Write("authority.pem", authority.ExportCertificatePem());
        Stranger = Write("stranger.pem", stranger.ExportCertificatePem());
        using X509Certificate2 server = Sign(authority, "localhost", 1);
        Server = Write("server.pem", server.ExportCertificatePem());
        ServerKey = Write("server.key", server.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using X509Certificate2 client = Sign(authority, "client", 2);
        Client = Write("client.pem", client.ExportCertificatePem() + "\n" + client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        ClientPfx = Path.Combine(folder, "client.pfx");
        File.WriteAllBytes(ClientPfx, client.Export(X509ContentType.Pkcs12, "pfx password"));
    }

    public string Authority { get; }

    public string Stranger { get; }

    public string Server { get; }

    public string ServerKey { get; }

    /// <summary>Certificate and key in one file.</summary>
    public string Client { get; }

    /// <summary>The same as PKCS #12, under the password <c>pfx password</c>.</summary>
    public string ClientPfx { get; }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Sign(X509Certificate2 authority, string name, byte number)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 signed = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), [number]);
        return signed.CopyWithPrivateKey(key);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
