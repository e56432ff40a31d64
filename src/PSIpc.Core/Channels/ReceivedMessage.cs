namespace PSIpc.Core.Channels;

/// <summary>
/// The last message that was received into it: a buffer to be used again and again, so that receiving allocates nothing. One thread at a time.
/// </summary>
public sealed class ReceivedMessage
{
    private const int KeptBytes = 4 << 20;

    private byte[] _buffer = new byte[256];

    /// <summary>The bytes of the message; valid until the next one is received into this object.</summary>
    public ReadOnlyMemory<byte> Body => new(_buffer, 0, Length);

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>What the sender noted beside the bytes.</summary>
    public MessageStamp Stamp { get; internal set; }

    /// <summary>The process that sent it.</summary>
    public int SenderId { get; internal set; }

    /// <summary>Its place in the order of all messages of the channel, from 1.</summary>
    public long Sequence { get; internal set; }

    /// <summary>How often it was given to a receiver, this time included; 1 in a queue without confirmation.</summary>
    public int DeliveryCount { get; internal set; } = 1;

    /// <summary>The id of the queue that it is to be confirmed to.</summary>
    internal Guid Source { get; set; }

    /// <summary>The position of its record in the ring, by which it is confirmed.</summary>
    internal ulong Position { get; set; }

    /// <summary>Which delivery of the message this is, by which it is confirmed; 0 for one that was only looked at.</summary>
    internal int Delivery { get; set; }

    /// <summary>Takes a buffer that has a message, instead of a copy of it.</summary>
    internal void Adopt(byte[] buffer, int length)
    {
        _buffer = buffer;
        Length = length;
    }

    /// <summary>Makes room for a message and returns it.</summary>
    internal Span<byte> Prepare(int length)
    {
        if (_buffer.Length < length || (_buffer.Length > KeptBytes && length < KeptBytes))
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(256, length));
        }

        Length = length;
        return _buffer.AsSpan(0, length);
    }
}
