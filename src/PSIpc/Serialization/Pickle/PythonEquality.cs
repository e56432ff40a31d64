using System.Collections.Frozen;
using System.Management.Automation;
using System.Numerics;

namespace PSIpc;

/// <summary>What is equal in Python: numbers of any type by their value, texts by their characters, bytes by their contents, tuples and frozen sets by their items.</summary>
internal sealed class PythonEquality : IEqualityComparer<object?>
{
    public static PythonEquality Instance { get; } = new();

    /// <summary>Steps that hashing or comparing a value takes beyond a few: a step for each item, or for 64 bytes.</summary>
    /// <param name="value">The value.</param>
    /// <param name="frozen">The weights of frozen sets.</param>
    public static int WeightOf(object? value, Dictionary<object, int>? frozen) => value switch
    {
        string text => text.Length >> 6,
        byte[] bytes => bytes.Length >> 6,
        PythonTuple tuple => tuple.Weight,
        BigInteger number => number.GetByteCount() >> 6,
        FrozenSet<object?> when frozen is not null => frozen.GetValueOrDefault(value),
        _ => 0,
    };

    /// <inheritdoc/>
    public new bool Equals(object? x, object? y)
    {
        if (ReferenceEquals(x, y))
        {
            return true;
        }

        x = Plain(x);
        y = Plain(y);
        return x switch
        {
            null => y is null,
            string text => y is string other && text == other,
            byte[] bytes => y is byte[] other && bytes.AsSpan().SequenceEqual(other),
            FrozenSet<object?> set => y is FrozenSet<object?> other && set.Count == other.Count && set.SetEquals(other),
            _ => Number(x) is { } number ? number.Equals(y is null ? null : Number(y)) : x.Equals(y),
        };
    }

    /// <inheritdoc/>
    public int GetHashCode(object? obj)
    {
        switch (Plain(obj))
        {
            case null:
                return 0;
            case string text:
                return text.GetHashCode(StringComparison.Ordinal);
            case byte[] bytes:
                HashCode hash = default;
                hash.AddBytes(bytes);
                return hash.ToHashCode();
            case FrozenSet<object?> set:
                int all = set.Count;
                foreach (object? item in set)
                {
                    all ^= GetHashCode(item); // in any order
                }

                return all;
            case { } other:
                // Through a hash that is not known beforehand: nobody can send a million keys that have the same.
                return Number(other) switch
                {
                    long whole => RandomHash.Of(whole),
                    double number => RandomHash.Of(BitConverter.DoubleToInt64Bits(number)),
                    { } number => RandomHash.Of(number),
                    null => HashOf(other),
                };
        }
    }

    private static int HashOf(object value) => value is Complex number
        ? HashCode.Combine(RandomHash.Of(BitConverter.DoubleToInt64Bits(number.Real)), RandomHash.Of(BitConverter.DoubleToInt64Bits(number.Imaginary)))
        : RandomHash.Of(value);

    private static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    /// <summary>A number in the one type in which those of its value are equal; null for what is none.</summary>
    private static object? Number(object value) => value switch
    {
        int small => (long)small,
        long whole => whole,
        bool flag => flag ? 1L : 0L,
        byte or sbyte or short or ushort or uint => ((IConvertible)value).ToInt64(null),
        ulong large => large <= long.MaxValue ? (object)(long)large : (BigInteger)large,
        BigInteger large => large >= long.MinValue && large <= long.MaxValue ? (object)(long)large : large,
        double number => OfDouble(number),
        float number => OfDouble(number),
        decimal number => decimal.Truncate(number) == number ? Number((BigInteger)number) : (object)number,
        _ => null,
    };

    private static object OfDouble(double number) =>
        !double.IsInteger(number) ? number : Math.Abs(number) < 1L << 62 ? (object)(long)number : Number((BigInteger)number)!;
}
