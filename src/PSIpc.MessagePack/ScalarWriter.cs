using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>Writes values that contain no others. A whole number is written in the one format that says its type.</summary>
internal static class ScalarWriter
{
    /// <summary>Writes a value if it is such a one.</summary>
    public static bool TryWrite(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                return true;
            case string text:
                writer.Write(text);
                return true;
            case Enum named:
                WriteEnum(ref writer, named);
                return true;
            case int number:
                WriteInt32(ref writer, number);
                return true;
            case bool flag:
                writer.Write(flag);
                return true;
            case double number:
                writer.Write(number);
                return true;
            case long number:
                writer.WriteInt64(number);
                return true;
            case byte[] bytes when bytes.GetType() == typeof(byte[]): // the runtime takes an sbyte[] for one too
                writer.Write(bytes);
                return true;
            case DateTime time:
                WriteDateTime(ref writer, time);
                return true;
            case byte number:
                writer.WriteUInt8(number);
                return true;
            case sbyte number:
                writer.WriteInt8(number);
                return true;
            case short number:
                writer.WriteInt16(number);
                return true;
            case ushort number:
                writer.WriteUInt16(number);
                return true;
            case uint number:
                writer.WriteUInt32(number);
                return true;
            case ulong number:
                writer.WriteUInt64(number);
                return true;
            case float number:
                writer.Write(number);
                return true;
            default:
                return TryWriteExtension(ref writer, value);
        }
    }

    /// <summary>Writes a marker, the first element of an array: an extension with a byte of payload, or two, or none.</summary>
    public static void WriteMarker(ref MessagePackWriter writer, sbyte code) => WriteExtension(ref writer, code, []);

    /// <summary>Writes a marker with a byte.</summary>
    public static void WriteMarker(ref MessagePackWriter writer, sbyte code, byte payload) => WriteExtension(ref writer, code, [payload]);

    /// <summary>Writes the marker of an object whose shape is known.</summary>
    public static void WriteShapeMarker(ref MessagePackWriter writer, sbyte code, ushort shape, bool hasText)
    {
        Span<byte> bytes = stackalloc byte[3];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, shape);
        bytes[2] = 1;
        WriteExtension(ref writer, code, hasText ? bytes : bytes[..2]);
    }

    /// <summary>Writes an enum: the name of its type, the name of the value, the number.</summary>
    public static void WriteEnum(ref MessagePackWriter writer, string typeName, string text, object number)
    {
        writer.WriteArrayHeader(4);
        WriteMarker(ref writer, ExtensionCode.Enum);
        writer.Write(typeName);
        writer.Write(text);
        TryWrite(ref writer, number);
    }

    /// <summary>Writes a value of the closed list of .NET types: the number of the type, and its bytes.</summary>
    public static void WriteKnownValue(ref MessagePackWriter writer, byte code, ReadOnlySpan<byte> bytes)
    {
        writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.KnownValue, (uint)bytes.Length + 1));
        Span<byte> target = writer.GetSpan(bytes.Length + 1);
        target[0] = code;
        bytes.CopyTo(target[1..]);
        writer.Advance(bytes.Length + 1);
    }

    private static bool TryWriteExtension(ref MessagePackWriter writer, object value)
    {
        Span<byte> bytes = stackalloc byte[16];
        switch (value)
        {
            case char c:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, c);
                WriteExtension(ref writer, ExtensionCode.Char, bytes[..2]);
                return true;
            case decimal number:
                WriteDecimal(ref writer, number, bytes);
                return true;
            case Guid id:
                id.TryWriteBytes(bytes, bigEndian: true, out _);
                WriteExtension(ref writer, ExtensionCode.Guid, bytes);
                return true;
            case TimeSpan span:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, span.Ticks);
                WriteExtension(ref writer, ExtensionCode.TimeSpan, bytes[..8]);
                return true;
            case DateTimeOffset time:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, time.Ticks);
                BinaryPrimitives.WriteInt16LittleEndian(bytes[8..], (short)time.TotalOffsetMinutes);
                WriteExtension(ref writer, ExtensionCode.DateTimeOffset, bytes[..10]);
                return true;
            case DateOnly day:
                BinaryPrimitives.WriteInt32LittleEndian(bytes, day.DayNumber);
                WriteExtension(ref writer, ExtensionCode.DateOnly, bytes[..4]);
                return true;
            case TimeOnly time:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, time.Ticks);
                WriteExtension(ref writer, ExtensionCode.TimeOnly, bytes[..8]);
                return true;
            case Half number:
                BinaryPrimitives.WriteHalfLittleEndian(bytes, number);
                WriteExtension(ref writer, ExtensionCode.Half, bytes[..2]);
                return true;
            case Int128 number:
                BinaryPrimitives.WriteInt128LittleEndian(bytes, number);
                WriteExtension(ref writer, ExtensionCode.Int128, bytes);
                return true;
            case UInt128 number:
                BinaryPrimitives.WriteUInt128LittleEndian(bytes, number);
                WriteExtension(ref writer, ExtensionCode.UInt128, bytes);
                return true;
            case nint number:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
                WriteExtension(ref writer, ExtensionCode.IntPtr, bytes[..8]);
                return true;
            case nuint number:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
                WriteExtension(ref writer, ExtensionCode.UIntPtr, bytes[..8]);
                return true;
            case BigInteger number:
                WriteExtension(ref writer, ExtensionCode.BigInteger, number.ToByteArray());
                return true;
            case Uri address:
                WriteExtension(ref writer, ExtensionCode.Uri, Encoding.UTF8.GetBytes(address.OriginalString));
                return true;
            case Version version:
                WriteExtension(ref writer, ExtensionCode.Version, Encoding.UTF8.GetBytes(version.ToString()));
                return true;
            case DBNull:
                WriteExtension(ref writer, ExtensionCode.KnownValue, [KnownValues.DBNullCode]);
                return true;
            default:
                return false;
        }
    }

    private static void WriteInt32(ref MessagePackWriter writer, int number)
    {
        if (number is >= MessagePackRange.MinFixNegativeInt and <= MessagePackRange.MaxFixPositiveInt)
        {
            writer.Write(number);
        }
        else
        {
            writer.WriteInt32(number);
        }
    }

    private static void WriteDateTime(ref MessagePackWriter writer, DateTime time)
    {
        if (time.Kind == DateTimeKind.Utc)
        {
            writer.Write(time);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, time.ToBinary());
        WriteExtension(ref writer, ExtensionCode.DateTime, bytes);
    }

    private static void WriteDecimal(ref MessagePackWriter writer, decimal number, scoped Span<byte> bytes)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        for (int i = 0; i < parts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * 4)..], parts[i]);
        }

        WriteExtension(ref writer, ExtensionCode.Decimal, bytes[..16]);
    }

    private static void WriteEnum(ref MessagePackWriter writer, Enum named)
    {
        Type type = named.GetType();
        object number = Convert.ChangeType(named, Enum.GetUnderlyingType(type), System.Globalization.CultureInfo.InvariantCulture);
        WriteEnum(ref writer, type.FullName ?? "", named.ToString(), number);
    }

    private static void WriteExtension(ref MessagePackWriter writer, sbyte code, scoped ReadOnlySpan<byte> bytes)
    {
        writer.WriteExtensionFormatHeader(new ExtensionHeader(code, (uint)bytes.Length));
        if (bytes.Length > 0)
        {
            bytes.CopyTo(writer.GetSpan(bytes.Length));
            writer.Advance(bytes.Length);
        }
    }
}
