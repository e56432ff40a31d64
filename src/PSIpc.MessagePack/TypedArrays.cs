using System.Numerics;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Arrays of other types that keep their element type: the marker's byte says which, the elements follow.</summary>
internal static class TypedArrays
{
    private static readonly Type[] ByCode =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(Guid), typeof(BigInteger),
        typeof(Uri), typeof(Version),
    ];

    /// <summary>The number of an element type; null when arrays of it become object[].</summary>
    public static byte? CodeOf(Type element) => Array.IndexOf(ByCode, element) is >= 0 and int code ? (byte)code : null;

    /// <summary>A new array of an element type.</summary>
    public static Array Create(byte code, int length) => code < ByCode.Length
        ? Array.CreateInstance(ByCode[code], length)
        : throw new FormatException(Messages.ReasonElementTypeUnknown.With(code));
}
