using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>Certificates as users give them: objects, or the paths of files.</summary>
internal static class CertificateArgument
{
    /// <summary>The bytes of certificates that are to be trusted, as DER.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.NotFound"/>.</exception>
    public static byte[][] Authorities(object[] arguments, Func<string, string> pathOf) =>
        [.. arguments.SelectMany(argument => Unwrap(argument) switch
        {
            X509Certificate2 certificate => [certificate.RawData],
            string path => Read(pathOf(path), ReadAuthorities),
            var other => throw Wrong(other),
        })];

    /// <summary>A certificate and its key, as PKCS #12.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.NotFound"/>.</exception>
    public static byte[] WithKey(object argument, SecureString? password, Func<string, string> pathOf)
    {
        object? plain = Unwrap(argument);
        if (plain is X509Certificate2 given)
        {
            return Export(given);
        }

        return Read(plain is string path ? pathOf(path) : throw Wrong(plain), file =>
        {
            string? secret = password is null ? null : new System.Net.NetworkCredential("", password).Password;
            using X509Certificate2 read = IsPem(file)
                ? (secret is null ? X509Certificate2.CreateFromPemFile(file) : X509Certificate2.CreateFromEncryptedPemFile(file, secret))
                : new X509Certificate2(file, secret, X509KeyStorageFlags.Exportable);
            return Export(read);
        });
    }

    private static byte[][] ReadAuthorities(string file)
    {
        var read = new X509Certificate2Collection();
        if (IsPem(file))
        {
            read.ImportFromPemFile(file);
        }
        else
        {
            read.Add(new X509Certificate2(File.ReadAllBytes(file)));
        }

        return read.Count > 0
            ? [.. read.Select(c => c.RawData)]
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.CertificateMissing.With(file), file);
    }

    private static byte[] Export(X509Certificate2 certificate)
    {
        if (!certificate.HasPrivateKey)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.CertificateWithoutKey.With(certificate.Subject));
        }

        try
        {
            return certificate.Export(X509ContentType.Pkcs12);
        }
        catch (CryptographicException e)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.CertificateKeyNotExported.With(certificate.Subject, e.Message), null, e);
        }
    }

    private static T Read<T>(string file, Func<string, T> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IpcException(IpcErrorKind.NotFound, Messages.CertificateFileNotFound.With(file), file, e);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.CertificateUnreadable.With(file, e.Message), file, e);
        }
    }

    private static bool IsPem(string file) => File.ReadAllText(file).Contains("-----BEGIN ", StringComparison.Ordinal);

    private static IpcException Wrong(object? given) =>
        new(IpcErrorKind.InvalidArgument, Messages.CertificateArgumentInvalid.With(given?.GetType().ToString() ?? "null"));
}
