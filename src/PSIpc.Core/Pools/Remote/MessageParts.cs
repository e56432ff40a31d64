using System.Security.Cryptography;

namespace PSIpc.Core.Pools.Remote;

/// <summary>Splits messages that are too large to travel in one piece, and puts them together again.</summary>
/// <remarks>The body of a part: the id of the whole (16), its SHA-256 (32), its length, the part's index and offset (4 each), the bytes.</remarks>
internal sealed class MessageParts(TimeProvider time)
{
    /// <summary>The most bytes of a message that travels in one piece.</summary>
    public const int MaxPiece = 1 << 20;

    /// <summary>The largest item, setup or result.</summary>
    public const int MaxContent = 128 << 20;

    private const int MaxWhole = MaxContent + (1 << 20);
    private const int MaxOpen = 64;
    private const int HashSize = 32;
    private const int FixedSize = 16 + HashSize + (3 * sizeof(int));
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(2);

    private readonly Dictionary<Guid, Whole> _open = [];

    /// <summary>The bodies of the parts of a message.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> whole)
    {
        var id = Guid.NewGuid();
        byte[] hash = SHA256.HashData(whole.Span);
        for (int at = 0, index = 0; at < whole.Length; at += MaxPiece, index++)
        {
            ReadOnlyMemory<byte> piece = whole.Slice(at, Math.Min(MaxPiece, whole.Length - at));
            var writer = new BodyWriter();
            writer.Guid(id);
            writer.Raw(hash);
            writer.Int(whole.Length);
            writer.Int(index);
            writer.Int(at);
            writer.Raw(piece.Span);
            yield return writer.Written;
        }
    }

    /// <summary>Takes a part; the whole when this was the last one that was missing, else null.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public byte[]? Add(ReadOnlyMemory<byte> body)
    {
        if (body.Length <= FixedSize)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.RemoteMessageCut);
        }

        var reader = new BodyReader(body);
        Guid id = reader.Guid();
        ReadOnlySpan<byte> hash = body.Slice(16, HashSize).Span;
        reader = new BodyReader(body[(16 + HashSize)..]);
        int length = reader.Int();
        int index = reader.Int();
        int at = reader.Int();
        ReadOnlyMemory<byte> bytes = reader.Rest();
        if (length is <= 0 or > MaxWhole || at < 0 || at != index * MaxPiece || bytes.Length != Math.Min(MaxPiece, length - at))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.RemoteMessageCut);
        }

        if (!_open.TryGetValue(id, out Whole? whole))
        {
            Sweep();
            _open[id] = whole = new Whole(length, time.GetTimestamp());
        }

        if (whole.Bytes.Length != length || !whole.Indices.Add(index))
        {
            return null;
        }

        bytes.CopyTo(whole.Bytes.AsMemory(at));
        whole.Missing -= bytes.Length;
        if (whole.Missing > 0)
        {
            return null;
        }

        _open.Remove(id);
        return SHA256.HashData(whole.Bytes).AsSpan().SequenceEqual(hash) ? whole.Bytes : throw new IpcException(IpcErrorKind.CorruptData, Messages.RemoteMessageCut);
    }

    /// <summary>Drops what will not become whole any more: its sender has gone, or sends it again under another id.</summary>
    private void Sweep()
    {
        foreach ((Guid id, Whole whole) in _open.ToArray())
        {
            if (time.GetElapsedTime(whole.Since) > MaxAge || _open.Count >= MaxOpen)
            {
                _open.Remove(id);
            }
        }
    }

    private sealed class Whole(int length, long since)
    {
        public byte[] Bytes { get; } = new byte[length];

        public HashSet<int> Indices { get; } = [];

        public int Missing { get; set; } = length;

        public long Since { get; } = since;
    }
}
