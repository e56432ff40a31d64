using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PSIpc.Core.Pools.Far;

/// <summary>What the two ends of a far worker say to each other.</summary>
internal enum FarKind : byte
{
    /// <summary>A worker is free: its number for once, its mailbox, its machine.</summary>
    Token = 1,

    /// <summary>A pool takes the worker of a token: the token's number, the pool's mailbox.</summary>
    Hello = 2,

    /// <summary>The worker is the pool's: its process id.</summary>
    Welcome = 3,

    /// <summary>Messages of the pool to its worker, or of the worker to its pool, as they are between processes of one machine: the length of each (4), then its bytes.</summary>
    Messages = 4,

    /// <summary>What has not been begun is taken back: the new epoch.</summary>
    TakeBack = 5,

    /// <summary>Stop the item that runs: the call, the new epoch.</summary>
    Stop = 6,

    /// <summary>End the worker's process at once.</summary>
    Kill = 7,

    /// <summary>Still there: the memory of the worker's process.</summary>
    Ping = 8,

    /// <summary>The worker's process has ended: how.</summary>
    Exit = 9,

    /// <summary>The worker's machine takes no more: what it has is finished.</summary>
    Leaving = 10,

    /// <summary>What had not been begun is taken back: the ordinal of the last item that had been.</summary>
    TakenBack = 11,
}

/// <summary>The bytes around what is said: a head of 28 bytes, and a signature of 32 behind it where both ends have a key.</summary>
/// <remarks>
/// Head: version (1), kind (1), direction (1), 0 (1), the session (16), the number in the session and direction, from 1 (8, little-endian). The
/// signature is an HMAC-SHA-256 (RFC 2104) over all before it: whoever has no key can neither make a frame nor send one of another session, direction or place again.
/// </remarks>
internal static class FarFrame
{
    /// <summary>Bytes of the head.</summary>
    public const int HeadSize = 28;

    private const byte Version = 1;
    private const int SessionOffset = 4;
    private const int NumberOffset = 20;

    /// <summary>Makes a frame.</summary>
    public static byte[] Write(FarKind kind, bool isToWorker, Guid session, ulong number, ReadOnlySpan<byte> payload, byte[]? key)
    {
        int length = HeadSize + payload.Length;
        byte[] frame = new byte[length + (key is null ? 0 : HMACSHA256.HashSizeInBytes)];
        frame[0] = Version;
        frame[1] = (byte)kind;
        frame[2] = isToWorker ? (byte)1 : (byte)0;
        session.TryWriteBytes(frame.AsSpan(SessionOffset));
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(NumberOffset), number);
        payload.CopyTo(frame.AsSpan(HeadSize));
        if (key is not null)
        {
            HMACSHA256.HashData(key, frame.AsSpan(0, length), frame.AsSpan(length));
        }

        return frame;
    }

    /// <summary>The messages in the payload of <see cref="FarKind.Messages"/>.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> MessagesIn(ReadOnlyMemory<byte> payload)
    {
        while (payload.Length > 0)
        {
            int length = PoolMessage.Read<int>(payload.Span);
            if ((uint)length > (uint)(payload.Length - sizeof(int)))
            {
                throw new IpcException(IpcErrorKind.CorruptData, Messages.FarMessageCut);
            }

            yield return payload.Slice(sizeof(int), length);
            payload = payload[(sizeof(int) + length)..];
        }
    }

    /// <summary>Reads a frame; false for one that is damaged, of another version or direction, or not signed with the key.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> frame, bool isToWorker, byte[]? key, out FarKind kind, out Guid session, out ulong number, out ReadOnlyMemory<byte> payload)
    {
        kind = default;
        session = default;
        number = 0;
        payload = default;
        int length = frame.Length - (key is null ? 0 : HMACSHA256.HashSizeInBytes);
        ReadOnlySpan<byte> bytes = frame.Span;
        if (length < HeadSize || bytes[0] != Version || bytes[2] != (isToWorker ? 1 : 0))
        {
            return false;
        }

        if (key is not null)
        {
            Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(key, bytes[..length], hash);
            if (!CryptographicOperations.FixedTimeEquals(hash, bytes[length..]))
            {
                return false;
            }
        }

        kind = (FarKind)bytes[1];
        session = new Guid(bytes.Slice(SessionOffset, 16));
        number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[NumberOffset..]);
        payload = frame[HeadSize..length];
        return true;
    }
}
