namespace PSIpc.Core.Channels;

/// <summary>
/// The messages that were last received together: buffers to be used again and again, so that receiving allocates nothing. One thread at a time.
/// </summary>
public sealed class ReceivedBatch
{
    private const int SmallestBuffer = 64 << 10;

    private readonly Entry[] _entries;
    private readonly byte[] _buffer;
    private int _used;
    private bool _isSingle;

    /// <summary>Makes room for a batch.</summary>
    /// <param name="most">The most messages to receive at once.</param>
    /// <param name="bytes">The most bytes to receive at once, at least 65,536; a larger message comes by itself.</param>
    public ReceivedBatch(int most = 256, int bytes = 256 << 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        _entries = new Entry[most];
        _buffer = new byte[Math.Max(SmallestBuffer, bytes)];
    }

    /// <summary>The number of messages.</summary>
    public int Count { get; private set; }

    /// <summary>A message that came by itself.</summary>
    internal ReceivedMessage Single { get; } = new();

    /// <summary>The bytes of a message; valid until the next batch is received into this object.</summary>
    /// <param name="index">Which one, from 0.</param>
    public ReadOnlyMemory<byte> Body(int index) =>
        _isSingle ? Single.Body : new ReadOnlyMemory<byte>(_buffer, At(index).Start, _entries[index].Length);

    /// <summary>What the sender noted beside the bytes of a message.</summary>
    /// <param name="index">Which one, from 0.</param>
    public MessageStamp Stamp(int index) => _isSingle ? Single.Stamp : At(index).Stamp;

    /// <summary>The process that sent a message.</summary>
    /// <param name="index">Which one, from 0.</param>
    public int SenderId(int index) => _isSingle ? Single.SenderId : At(index).SenderId;

    /// <summary>The place of a message in the order of all of the channel, from 1.</summary>
    /// <param name="index">Which one, from 0.</param>
    public long Sequence(int index) => _isSingle ? Single.Sequence : At(index).FirstSequence + index;

    /// <summary>Forgets what is in it.</summary>
    internal void Clear()
    {
        Count = 0;
        _used = 0;
        _isSingle = false;
    }

    /// <summary>Copies a message into it; false when there is no room.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> body, MessageStamp stamp, int senderId, long firstSequence)
    {
        if (Count == _entries.Length || body.Length > _buffer.Length - _used)
        {
            return false;
        }

        body.CopyTo(_buffer.AsSpan(_used));
        _entries[Count++] = new Entry(_used, body.Length, stamp, senderId, firstSequence);
        _used += body.Length;
        return true;
    }

    /// <summary>Says that <see cref="Single"/> is what was received.</summary>
    internal void AddSingle()
    {
        _isSingle = true;
        Count = 1;
    }

    private ref readonly Entry At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return ref _entries[index];
    }

    private readonly record struct Entry(int Start, int Length, MessageStamp Stamp, int SenderId, long FirstSequence);
}
