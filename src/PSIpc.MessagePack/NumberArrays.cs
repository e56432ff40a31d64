using System.Buffers;
using System.Runtime.InteropServices;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Arrays of primitive numbers: an extension of one byte for the element type, then the elements, little-endian.</summary>
internal static class NumberArrays
{
    private static readonly Type?[] ByCode =
    [
        null, typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(float), typeof(double), typeof(bool), typeof(char),
    ];

    /// <summary>Whether a type is one of such numbers.</summary>
    public static bool IsOf(Type element) => Array.IndexOf(ByCode, element) > 0;

    /// <summary>Writes an array if it is of such a type.</summary>
    public static bool TryWrite(ref MessagePackWriter writer, Array array)
    {
        int code = Array.IndexOf(ByCode, array.GetType().GetElementType());
        if (code <= 0)
        {
            return false;
        }

        int bytes = Buffer.ByteLength(array);
        writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.NumberArray, checked((uint)bytes + 1)));
        writer.GetSpan(1)[0] = (byte)code;
        writer.Advance(1);
        writer.WriteRaw(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), bytes));
        return true;
    }

    /// <summary>Reads an array.</summary>
    public static Array Read(ReadOnlySequence<byte> data)
    {
        byte code = data.FirstSpan[0];
        ReadOnlySequence<byte> elements = data.Slice(1);
        if (code == 0 || code >= ByCode.Length)
        {
            throw new FormatException(Messages.ReasonElementTypeUnknown.With(code));
        }

        int size = code is 11 or 1 or 2 ? 1 : code is 12 ? 2 : Marshal.SizeOf(ByCode[code]!);
        if (elements.Length % size != 0)
        {
            throw new FormatException(Messages.ReasonElementCut);
        }

        var array = Array.CreateInstance(ByCode[code]!, elements.Length / size);
        Span<byte> target = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), (int)elements.Length);
        elements.CopyTo(target);
        return code == 11 ? Normalize((bool[])array) : array;
    }

    /// <summary>A byte other than 0 and 1 makes a Boolean that is neither equal to true nor false.</summary>
    private static bool[] Normalize(bool[] flags)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(flags.AsSpan());
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = bytes[i] == 0 ? (byte)0 : (byte)1;
        }

        return flags;
    }
}
