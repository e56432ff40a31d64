using System.Text;

namespace PSIpc.MessagePack;

/// <summary>A .NET type whose values arrive as what they were: how they are written as bytes, and read.</summary>
/// <param name="Code">Its number, the first byte of the extension.</param>
/// <param name="Type">The type; values may be of a class derived from it.</param>
/// <param name="Write">The bytes of a value; null for one that has no such form and arrives as a property bag.</param>
/// <param name="Read">The value of bytes. Throws for bytes that are none.</param>
internal sealed record KnownValue(byte Code, Type Type, Func<object, byte[]?> Write, KnownValue.Reader Read)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a value from all of some bytes.</summary>
    public delegate object Reader(ReadOnlySpan<byte> bytes);

    /// <summary>A type whose values are written as text.</summary>
    public static KnownValue AsText<T>(byte code, Func<T, string?> write, Func<string, object> read)
        where T : notnull =>
        new(code, typeof(T), value => write((T)value) is { } text ? Encoding.UTF8.GetBytes(text) : null, bytes => read(TextOf(bytes)));

    /// <summary>A type whose values are written as bytes.</summary>
    public static KnownValue AsBytes<T>(byte code, Func<T, byte[]?> write, Reader read)
        where T : notnull =>
        new(code, typeof(T), value => write((T)value), read);

    /// <summary>The text of bytes. Throws where they are not UTF-8.</summary>
    public static string TextOf(ReadOnlySpan<byte> bytes) => StrictUtf8.GetString(bytes);
}
