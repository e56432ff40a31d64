using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What the names on the list make of their arguments, as Python's <c>__reduce__</c> of these types gives them.</summary>
internal static class PythonConstructors
{
    private const int UuidBytes = 16;

    /// <summary>Makes an object.</summary>
    /// <exception cref="FormatException">The arguments are not what Python gives.</exception>
    public static object? Make(PickleReader reader, PythonGlobal global, PythonTuple arguments)
    {
        switch (global.Kind, arguments.Count)
        {
            case (PythonKind.Encode, 2):
                return Encode(reader, arguments);
            case (PythonKind.Bytes, 0):
                return Array.Empty<byte>();
            case (PythonKind.ByteArray, 0):
                return new List<byte>();
            case (PythonKind.ByteArray, 1):
                ReadOnlySpan<byte> bytes = PythonBytes.Of(arguments[0]);
                reader.Charge(bytes.Length);
                return PythonBytes.ToList(bytes);
            case (PythonKind.ByteArray, 2) when arguments[0] is string text:
                reader.Charge(text.Length);
                return PythonBytes.ToList(Latin1Of(text)); // Python 3 in protocol 0 and 1 of old
            case (PythonKind.Set, 0 or 1):
                var set = new HashSet<object?>(PythonEquality.Instance);
                reader.AddTo(set, ItemsOf(reader, arguments));
                return set;
            case (PythonKind.FrozenSet, 0 or 1):
                return reader.FrozenSetOf(ItemsOf(reader, arguments));
            case (PythonKind.OrderedDict, 0 or 1):
                return OrderedDict(reader, arguments);
            case (PythonKind.Complex, 2) when arguments[0] is double real && arguments[1] is double imaginary:
                return new Complex(real, imaginary);
            case (PythonKind.Date, 1):
                return PythonTime.Date(PythonBytes.Of(arguments[0]));
            case (PythonKind.Time, 1):
                return PythonTime.Time(PythonBytes.Of(arguments[0]));
            case (PythonKind.Time, 2):
                throw new FormatException(Messages.ReasonTimeWithZone);
            case (PythonKind.DateTime, 1):
                return PythonTime.Naive(PythonBytes.Of(arguments[0]));
            case (PythonKind.DateTime, 2):
                return PythonTime.Aware(PythonBytes.Of(arguments[0]), arguments[1]);
            case (PythonKind.TimeDelta, 3):
                return PythonTime.Delta(arguments);
            case (PythonKind.TimeZone, 1 or 2):
                return PythonTime.Zone(arguments);
            case (PythonKind.ZoneInfo, 1 or 2) when arguments[0] is string key:
                return PythonZones.Named(key);
            case (PythonKind.PytzZone, 1) when arguments[0] is string key:
                return PythonZones.Named(key);
            case (PythonKind.PytzZone, 4) when arguments[0] is string key:
                return PythonZones.Fixed(TimeSpan.FromSeconds(PythonNumbers.ToInt32(arguments[1])), key);
            case (PythonKind.PytzOffset, 1):
                return PythonZones.Fixed(TimeSpan.FromMinutes(PythonNumbers.ToInt32(arguments[0])), null);
            case (PythonKind.UtcZone, 0):
                return TimeZoneInfo.Utc;
            case (PythonKind.ZoneBase, 0):
                return null;
            case (PythonKind.Deque, 0):
                return new List<object?>();
            case (PythonKind.Deque, 1 or 2):
                return new List<object?>(ItemsOf(reader, arguments).ToArray());
            case (PythonKind.Factory or PythonKind.GetAttribute, _):
                throw PickleErrors.NotAllowed(global.FullName);
            case (PythonKind.Decimal, 1) when arguments[0] is string digits:
                reader.Charge(digits.Length);
                return PythonNumbers.Decimal(digits);
            case (PythonKind.NumPyScalar, 2):
                return NumPyArrays.Scalar(arguments);
            case (PythonKind.NumPyFromBuffer, 4):
                return NumPyArrays.FromBuffer(reader, arguments);
            default:
                throw new FormatException(Messages.ReasonPickleOtherArguments.With(global.FullName));
        }
    }

    /// <summary>A Guid from the state of a <c>uuid.UUID</c>.</summary>
    public static object Uuid(object? state)
    {
        BigInteger number = (state as PythonDict)?["int"] switch
        {
            int small => small,
            long large => large,
            BigInteger huge => huge,
            _ => BigInteger.MinusOne,
        };
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > UuidBytes)
        {
            throw new FormatException(Messages.ReasonUuid);
        }

        Span<byte> bytes = stackalloc byte[UuidBytes];
        bytes.Clear();
        number.TryWriteBytes(bytes[(UuidBytes - number.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
        return new Guid(bytes, bigEndian: true);
    }

    private static PythonOrderedDict OrderedDict(PickleReader reader, PythonTuple arguments)
    {
        // Python 2 gives its entries as an argument; Python 3 adds them afterwards.
        var dict = new PythonOrderedDict();
        foreach (object? entry in ItemsOf(reader, arguments))
        {
            (object? key, object? value) = entry switch
            {
                List<object?> { Count: 2 } list => (list[0], list[1]),
                PythonTuple { Count: 2 } tuple => (tuple[0], tuple[1]),
                _ => throw new FormatException(Messages.ReasonOrderedDictEntry),
            };
            reader.PutInto(dict, key, value);
        }

        return dict;
    }

    /// <summary>How protocols 0 to 2 have bytes: a text whose characters are the bytes.</summary>
    private static byte[] Encode(PickleReader reader, PythonTuple arguments)
    {
        if (arguments[0] is not string text || arguments[1] is not ("latin1" or "latin-1"))
        {
            throw new FormatException(Messages.ReasonCodecsEncode);
        }

        reader.Charge(text.Length);
        return Latin1Of(text);
    }

    private static byte[] Latin1Of(string text) => text.AsSpan().IndexOfAnyExceptInRange('\0', '\u00ff') < 0
        ? Encoding.Latin1.GetBytes(text)
        : throw new FormatException(Messages.ReasonBytesAsText);

    private static ReadOnlySpan<object?> ItemsOf(PickleReader reader, PythonTuple arguments)
    {
        ReadOnlySpan<object?> items = arguments.Count == 0 ? [] : arguments[0] switch
        {
            List<object?> list => CollectionsMarshal.AsSpan(list),
            PythonTuple tuple => tuple.Items,
            _ => throw new FormatException(Messages.ReasonCollectionNoList),
        };
        reader.Charge(items.Length);
        return items;
    }
}
