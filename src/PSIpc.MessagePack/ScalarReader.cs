using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Reads values that contain no others.</summary>
internal static class ScalarReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a whole number with the type that its format says.</summary>
    public static object ReadInteger(ref MessagePackReader reader) => reader.NextCode switch
    {
        MessagePackCode.UInt8 => reader.ReadByte(),
        MessagePackCode.UInt16 => reader.ReadUInt16(),
        MessagePackCode.UInt32 => reader.ReadUInt32(),
        MessagePackCode.UInt64 => reader.ReadUInt64(),
        MessagePackCode.Int8 => reader.ReadSByte(),
        MessagePackCode.Int16 => reader.ReadInt16(),
        MessagePackCode.Int64 => reader.ReadInt64(),
        _ => reader.ReadInt32(),
    };

    /// <summary>Reads an extension whose header was read.</summary>
    public static object ReadExtension(ref MessagePackReader reader, ExtensionHeader header)
    {
        sbyte code = header.TypeCode;
        if (code == ExtensionCode.Timestamp)
        {
            return reader.ReadDateTime(header);
        }

        ReadOnlySequence<byte> data = reader.ReadRaw(header.Length);
        ReadOnlySpan<byte> bytes = data.IsSingleSegment ? data.FirstSpan : data.ToArray();
        return code switch
        {
            ExtensionCode.Char => (char)BinaryPrimitives.ReadUInt16LittleEndian(Exactly(bytes, 2)),
            ExtensionCode.Decimal => ReadDecimal(Exactly(bytes, 16)),
            ExtensionCode.BigInteger => bytes.Length > 0 ? new BigInteger(bytes) : throw new FormatException(Messages.ReasonNumberWithoutBytes),
            ExtensionCode.Guid => new Guid(Exactly(bytes, 16), bigEndian: true),
            ExtensionCode.TimeSpan => new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(Exactly(bytes, 8))),
            ExtensionCode.DateTimeOffset => new DateTimeOffset(
                BinaryPrimitives.ReadInt64LittleEndian(Exactly(bytes, 10)),
                TimeSpan.FromMinutes(BinaryPrimitives.ReadInt16LittleEndian(bytes[8..]))),
            ExtensionCode.DateTime => DateTime.FromBinary(BinaryPrimitives.ReadInt64LittleEndian(Exactly(bytes, 8))),
            ExtensionCode.DateOnly => DateOnly.FromDayNumber(BinaryPrimitives.ReadInt32LittleEndian(Exactly(bytes, 4))),
            ExtensionCode.TimeOnly => new TimeOnly(BinaryPrimitives.ReadInt64LittleEndian(Exactly(bytes, 8))),
            ExtensionCode.Uri => new Uri(StrictUtf8.GetString(bytes), UriKind.RelativeOrAbsolute),
            ExtensionCode.Version => Version.Parse(StrictUtf8.GetString(bytes)),
            ExtensionCode.Half => BinaryPrimitives.ReadHalfLittleEndian(Exactly(bytes, 2)),
            ExtensionCode.Int128 => BinaryPrimitives.ReadInt128LittleEndian(Exactly(bytes, 16)),
            ExtensionCode.UInt128 => BinaryPrimitives.ReadUInt128LittleEndian(Exactly(bytes, 16)),
            ExtensionCode.IntPtr => (nint)BinaryPrimitives.ReadInt64LittleEndian(Exactly(bytes, 8)),
            ExtensionCode.UIntPtr => (nuint)BinaryPrimitives.ReadUInt64LittleEndian(Exactly(bytes, 8)),
            ExtensionCode.NumberArray => bytes.Length > 0 ? NumberArrays.Read(data) : throw new FormatException(Messages.ReasonElementTypeMissing),
            ExtensionCode.KnownValue => ReadKnownValue(bytes),
            ExtensionCode.SecureString => Secrets.Read(bytes),
            ExtensionCode.ScriptBlock => ScriptValues.Of(StrictUtf8.GetString(bytes)),
            _ => throw new FormatException(Messages.ReasonExtensionUnknown.With(code)),
        };
    }

    private static object ReadKnownValue(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && KnownValues.ByNumber(bytes[0]) is { } known
        ? known.Read(bytes[1..])
        : throw new FormatException(Messages.ReasonNotPSIpcStructure);

    private static ReadOnlySpan<byte> Exactly(ReadOnlySpan<byte> bytes, int length) =>
        bytes.Length == length ? bytes : throw new FormatException(Messages.ReasonExtensionLength.With(bytes.Length, length));

    private static decimal ReadDecimal(ReadOnlySpan<byte> bytes)
    {
        Span<int> parts = stackalloc int[4];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]);
        }

        return new decimal(parts);
    }
}
