using System.Buffers;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>The first element of an array that says what the others are: an extension with up to three bytes.</summary>
/// <param name="Code">Its type.</param>
/// <param name="Length">How many bytes it has.</param>
/// <param name="Number">The bytes as a number, little-endian.</param>
internal readonly record struct Marker(sbyte Code, int Length, int Number)
{
    /// <summary>Reads the bytes of a marker whose header was read.</summary>
    public static Marker Read(ref MessagePackReader reader, ExtensionHeader header)
    {
        if (header.Length > 3)
        {
            throw new FormatException(Messages.ReasonMarkerLength.With(header.Length));
        }

        int length = (int)header.Length;
        Span<byte> bytes = stackalloc byte[3];
        bytes.Clear();
        reader.ReadRaw(length).CopyTo(bytes);
        return new Marker(header.TypeCode, length, bytes[0] | (bytes[1] << 8) | (bytes[2] << 16));
    }
}
