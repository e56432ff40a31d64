using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>TLS to a server: whose certificate is trusted, and which one this side shows.</summary>
internal static class ServerTls
{
    /// <summary>How a node is spoken to: its certificate must be for its host, and signed by one that is trusted.</summary>
    public static SslOption For(ServerSettings settings, string host)
    {
        X509Certificate2[] authorities = [.. settings.Authorities.Select(a => new X509Certificate2(a))];
        var option = new SslOption(host, enabled: true);
        if (settings.Certificate is not null)
        {
            option.Certs = new X509Certificate2Collection(new X509Certificate2(settings.Certificate));
        }

        if (authorities.Length > 0)
        {
            option.CertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, authorities);
        }

        return option;
    }

    /// <summary>Whether a server's certificate is for its host, and signed by one of those that are trusted.</summary>
    private static bool IsTrusted(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, X509Certificate2[] authorities)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainElements.Select(e => e.Certificate).ToArray() ?? []);
        using var own = new X509Certificate2(certificate);
        return chain.Build(own);
    }
}
