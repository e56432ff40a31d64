using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PSIpc.Core.Pools.Remote;

/// <summary>The bytes of messages between callers and hosts, and their signatures.</summary>
/// <remarks>
/// Header, little-endian: version (1), kind (1), flags (2), key id (4), caller (16), host (16), epoch (16), call (4), attempt (4), batch (8), claim (8), expiry (8). Then the body,
/// and where there is a key HMAC-SHA-256 (RFC 2104) over the pool's name, header and body. The key is derived from the given one and the pool's name (HKDF, RFC 5869), so that a message of one pool
/// is none of another; the key id is the beginning of the hash of the derived key.
/// </remarks>
internal sealed class RemoteCodec
{
    /// <summary>The version that this module writes, and the newest that it reads.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 88;

    private readonly byte[] _pool;
    private readonly (uint Id, byte[] Key)[] _keys;

    /// <param name="pool">The pool's name.</param>
    /// <param name="keys">Keys that are accepted; none for messages without a signature.</param>
    public RemoteCodec(string pool, IReadOnlyList<byte[]> keys)
    {
        _pool = Encoding.UTF8.GetBytes(pool);
        _keys = [.. keys.Select(k => Derive(k, _pool))];
    }

    /// <summary>The id of the key that messages are signed with unless they answer one of another key; 0 for none.</summary>
    public uint KeyId => _keys.Length == 0 ? 0 : _keys[0].Id;

    /// <summary>The version of a message that cannot be read.</summary>
    public static int VersionOf(ReadOnlySpan<byte> message) => message.Length == 0 ? 0 : message[0];

    /// <summary>The caller of a message that cannot be read, and the batch; not to be trusted.</summary>
    public static (Guid Caller, uint Call, long Batch) SenderOf(ReadOnlySpan<byte> message) => message.Length < HeaderSize
        ? default
        : (new Guid(message.Slice(8, 16)), BinaryPrimitives.ReadUInt32LittleEndian(message[56..]), BinaryPrimitives.ReadInt64LittleEndian(message[64..]));

    /// <summary>Writes a message, signed where there is a key.</summary>
    public byte[] Write(RemoteMessage message)
    {
        byte[]? key = KeyOf(message.KeyId) ?? (_keys.Length > 0 ? _keys[0].Key : null);
        uint id = key is null ? 0 : Array.Find(_keys, k => k.Key == key).Id;
        int length = HeaderSize + message.Body.Length;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length + (key is null ? 0 : HMACSHA256.HashSizeInBytes));
        Span<byte> span = bytes;
        span[0] = Version;
        span[1] = (byte)message.Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(span[2..], (ushort)message.Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], id);
        message.Caller.TryWriteBytes(span[8..]);
        message.Host.TryWriteBytes(span[24..]);
        message.Epoch.TryWriteBytes(span[40..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[56..], message.Call);
        BinaryPrimitives.WriteInt32LittleEndian(span[60..], message.Attempt);
        BinaryPrimitives.WriteInt64LittleEndian(span[64..], message.Batch);
        BinaryPrimitives.WriteInt64LittleEndian(span[72..], message.Claim);
        BinaryPrimitives.WriteInt64LittleEndian(span[80..], message.Expiry);
        message.Body.Span.CopyTo(span[HeaderSize..]);
        if (key is not null)
        {
            Sign(key, span[..length], span[length..]);
        }

        return bytes;
    }

    /// <summary>Reads a message; null, and why, for one that is not to be acted on.</summary>
    /// <param name="bytes">The bytes, which the message's body goes on to use.</param>
    /// <param name="failure">Why it cannot be read.</param>
    public RemoteMessage? TryRead(ReadOnlyMemory<byte> bytes, out RemoteReadFailure failure)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderSize)
        {
            failure = RemoteReadFailure.Invalid;
            return null;
        }

        if (span[0] != Version)
        {
            failure = span[0] > Version ? RemoteReadFailure.NewerVersion : RemoteReadFailure.Invalid;
            return null;
        }

        uint keyId = BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        byte[]? key = KeyOf(keyId);
        if ((key is null) != (_keys.Length == 0) || (key is null && keyId != 0))
        {
            failure = RemoteReadFailure.UnknownKey;
            return null;
        }

        int length = span.Length - (key is null ? 0 : HMACSHA256.HashSizeInBytes);
        if (length < HeaderSize || (key is not null && !IsSigned(key, span[..length], span[length..])))
        {
            failure = RemoteReadFailure.Invalid;
            return null;
        }

        failure = RemoteReadFailure.None;
        return new RemoteMessage
        {
            Kind = (RemoteKind)span[1],
            Flags = (RemoteFlags)BinaryPrimitives.ReadUInt16LittleEndian(span[2..]),
            KeyId = keyId,
            Caller = new Guid(span.Slice(8, 16)),
            Host = new Guid(span.Slice(24, 16)),
            Epoch = new Guid(span.Slice(40, 16)),
            Call = BinaryPrimitives.ReadUInt32LittleEndian(span[56..]),
            Attempt = BinaryPrimitives.ReadInt32LittleEndian(span[60..]),
            Batch = BinaryPrimitives.ReadInt64LittleEndian(span[64..]),
            Claim = BinaryPrimitives.ReadInt64LittleEndian(span[72..]),
            Expiry = BinaryPrimitives.ReadInt64LittleEndian(span[80..]),
            Body = bytes[HeaderSize..length],
        };
    }

    private static (uint Id, byte[] Key) Derive(byte[] key, byte[] pool)
    {
        byte[] derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, HMACSHA256.HashSizeInBytes, "PSIpc pool v1"u8.ToArray(), pool);
        uint id = BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(derived));
        return (id == 0 ? 1 : id, derived);
    }

    private byte[]? KeyOf(uint id)
    {
        foreach ((uint known, byte[] key) in _keys)
        {
            if (known == id)
            {
                return key;
            }
        }

        return null;
    }

    private void Sign(byte[] key, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(_pool);
        hash.AppendData(message);
        hash.GetHashAndReset(signature);
    }

    private bool IsSigned(byte[] key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(key, message, expected);
        return CryptographicOperations.FixedTimeEquals(expected, signature);
    }
}
