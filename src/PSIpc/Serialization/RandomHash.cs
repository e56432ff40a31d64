namespace PSIpc;

/// <summary>
/// Hashes of values that came as data, through a seed that is drawn at the start of each process. .NET's own hashes of numbers, times and ids are known: a sender could choose 100,000 keys
/// that all have the same, and a table of them takes minutes. Its hashes of texts are seeded already.
/// </summary>
internal static class RandomHash
{
    /// <summary>The hash of a value; values that are equal by <see cref="object.Equals(object)"/> have the same.</summary>
    /// <param name="value">The value.</param>
    public static int Of(object value) => value switch
    {
        long number => Of(number),
        ulong number => Of((long)number),
        double number => Of(BitConverter.DoubleToInt64Bits(double.IsNaN(number) ? double.NaN : number == 0 ? 0 : number)),
        decimal number => Of(number),
        DateTime time => Of(time.Ticks),
        DateTimeOffset time => Of(time.UtcTicks),
        TimeSpan span => Of(span.Ticks),
        TimeOnly time => Of(time.Ticks),
        Guid id => Of(id),
        _ => HashCode.Combine(value.GetHashCode()), // different values have different ones, but which lie together in a table is known as well
    };

    /// <summary>The hash of 64 bits.</summary>
    /// <param name="bits">The bits.</param>
    public static int Of(long bits) => HashCode.Combine((int)bits, (int)(bits >> 32));

    private static int Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        HashCode hash = default;
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    /// <summary>1.0 and 1.00 are equal: by the fewest digits behind the point.</summary>
    private static int Of(decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number == 0 ? 0 : number / 1.0000000000000000000000000000m, bits);
        return HashCode.Combine(bits[0], bits[1], bits[2], bits[3]);
    }
}
