using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Python's bytes, which do not change, are <c>byte[]</c>; its bytearrays, which do, are lists of bytes.</summary>
internal static class PythonBytes
{
    /// <summary>An array of these bytes, without zeros in it first.</summary>
    public static byte[] ToArray(ReadOnlySpan<byte> bytes)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(array);
        return array;
    }

    /// <summary>A list of these bytes.</summary>
    public static List<byte> ToList(ReadOnlySpan<byte> bytes)
    {
        var list = new List<byte>(bytes.Length);
        CollectionsMarshal.SetCount(list, bytes.Length);
        bytes.CopyTo(CollectionsMarshal.AsSpan(list));
        return list;
    }

    /// <summary>The bytes of bytes, of a bytearray, or of a text of Python 2.</summary>
    public static ReadOnlySpan<byte> Of(object? value) => value switch
    {
        byte[] bytes => bytes,
        List<byte> list => CollectionsMarshal.AsSpan(list),
        string text when Ascii.IsValid(text) => Encoding.ASCII.GetBytes(text),
        _ => throw new FormatException(Messages.ReasonBytesExpected),
    };
}
