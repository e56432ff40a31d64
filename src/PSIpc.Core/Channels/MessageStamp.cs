namespace PSIpc.Core.Channels;

/// <summary>What a sender notes beside the bytes of a message.</summary>
/// <param name="Format">The number of the serializer that wrote the bytes.</param>
/// <param name="SentAt">When it was sent, in microseconds since 1970-01-01 UTC; 0 where nobody asks.</param>
public readonly record struct MessageStamp(byte Format, long SentAt)
{
    private const int FormatShift = 52;
    private const int FlagsShift = 60;
    private const long TimeMask = (1L << FormatShift) - 1;

    /// <summary>
    /// Whether the message goes in a file of its own, however short it is: a secret, whose bytes would stay in the ring after it is received. Not kept with the message.
    /// </summary>
    public bool InOwnFile { get; init; }

    /// <summary>A stamp with the present time (some 20 ns).</summary>
    /// <param name="format">The number of the serializer.</param>
    public static MessageStamp Now(byte format) => new(format, (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / 10);

    /// <summary>The time as a date; null where none was noted.</summary>
    public DateTime? SentAtUtc => SentAt == 0 ? null : DateTime.UnixEpoch.AddTicks(SentAt * 10);

    /// <summary>The word in the record: 52 bits of time, 8 of format, 4 of flags.</summary>
    internal ulong Pack(RecordFlags flags) =>
        (ulong)(SentAt & TimeMask) | ((ulong)Format << FormatShift) | ((ulong)flags << FlagsShift);

    /// <summary>Reads the word of a record.</summary>
    internal static MessageStamp Unpack(ulong word, out RecordFlags flags)
    {
        flags = (RecordFlags)(word >> FlagsShift);
        return new MessageStamp((byte)(word >> FormatShift), (long)word & TimeMask);
    }
}

/// <summary>Marks of a record, four bits.</summary>
[Flags]
internal enum RecordFlags
{
    /// <summary>The body follows in the ring.</summary>
    None = 0,

    /// <summary>The body is in a file of its own; the record holds its length.</summary>
    Block = 1,
}
