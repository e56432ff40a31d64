using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A key as users give it: a SecureString, a credential's password, a text (as UTF-8, what Python's <c>b'…'</c> has for ASCII), or bytes.</summary>
internal static class AuthKeyArgument
{
    /// <summary>The bytes of the key; null for none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static byte[]? ToBytes(object? key)
    {
        object? plain = key is PSObject wrapped ? wrapped.BaseObject : key;
        byte[]? bytes = plain switch
        {
            null => null,
            SecureString secret => Encoding.UTF8.GetBytes(new NetworkCredential("", secret).Password),
            PSCredential credential => Encoding.UTF8.GetBytes(credential.GetNetworkCredential().Password),
            string text => Encoding.UTF8.GetBytes(text),
            byte[] given => [.. given],
            object?[] given when LanguagePrimitives.TryConvertTo(given, out byte[] converted) => converted,
            _ => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.KeyArgumentInvalid.With(plain.GetType().Name)),
        };
        return bytes is { Length: 0 } ? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.KeyEmpty) : bytes;
    }
}
