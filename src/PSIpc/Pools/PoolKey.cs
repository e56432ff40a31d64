using System.Management.Automation;
using System.Net;
using System.Security;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The key that a pool on a server and its workers sign with.</summary>
internal static class PoolKey
{
    private const int FewestBytes = 8;
    private const int MostKeys = 2;

    /// <summary>The bytes of an argument that may be several keys, while they are changed.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static IReadOnlyList<byte[]> ResolveAll(object? argument) => (argument is PSObject wrapped ? wrapped.BaseObject : argument) switch
    {
        null => [],
        object?[] { Length: > 0 and <= MostKeys } keys => [.. keys.Select(k => Resolve(k) ?? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolKeysInvalid.With(MostKeys)))],
        object?[] => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolKeysInvalid.With(MostKeys)),
        var one => [Resolve(one)!],
    };

    /// <summary>The bytes of an argument; null for none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public static byte[]? Resolve(object? argument)
    {
        byte[]? key = (argument is PSObject wrapped ? wrapped.BaseObject : argument) switch
        {
            null => null,
            SecureString secret => Encoding.UTF8.GetBytes(new NetworkCredential("", secret).Password),
            string text => Encoding.UTF8.GetBytes(text),
            byte[] bytes => bytes,
            var other => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.KeyArgumentInvalid.With(other.GetType())),
        };
        return key is null || key.Length >= FewestBytes
            ? key
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolKeyTooShort.With(key.Length, FewestBytes));
    }
}
