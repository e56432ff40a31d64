using System.Collections;

namespace PSIpc.MessagePack;

/// <summary>The keys of a table that was read: texts are compared as a PowerShell table compares them, and the hashes of all others are not known beforehand.</summary>
internal sealed class ArrivedKeys : IEqualityComparer
{
    private readonly StringComparer _texts;

    private ArrivedKeys(StringComparer texts) => _texts = texts;

    /// <summary>Texts that differ in case only are the same.</summary>
    public static ArrivedKeys IgnoringCase { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Texts that differ in case only are different.</summary>
    public static ArrivedKeys CaseSensitive { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public new bool Equals(object? x, object? y) => x is string a && y is string b ? _texts.Equals(a, b) : object.Equals(x, y);

    /// <inheritdoc/>
    public int GetHashCode(object obj) => obj is string text ? _texts.GetHashCode(text) : RandomHash.Of(obj);

    /// <summary>
    /// Refuses keys that were chosen so that they lie together in a collection which hashes them as .NET does. That of a type with a comparer of its own cannot be changed.
    /// </summary>
    /// <param name="keys">The keys.</param>
    /// <exception cref="FormatException">Too many lie together.</exception>
    public static void RequireSpread(ICollection keys)
    {
        const int Few = 1000;
        const int MostTogether = 200;
        if (keys.Count <= Few)
        {
            return;
        }

        uint[] hashes = [.. keys.Cast<object?>().Where(static k => k is not (null or string)).Select(static k => (uint)k!.GetHashCode())];
        foreach (int size in Sizes)
        {
            if (size < hashes.Length / 8 || size > 8L * hashes.Length)
            {
                continue;
            }

            int[] together = new int[size];
            foreach (uint hash in hashes)
            {
                ObjectReader.Require(++together[hash % (uint)size] <= MostTogether);
            }
        }
    }

    // The sizes that collections of .NET grow to: System.Collections.HashHelpers.
    private static readonly int[] Sizes =
    [
        131, 163, 197, 239, 293, 353, 431, 521, 631, 761, 919, 1103, 1327, 1597, 1931, 2333, 2801, 3371, 4049, 4861, 5839, 7013, 8419, 10103, 12143, 14591, 17519, 21023, 25229, 30293, 36353,
        43627, 52361, 62851, 75431, 90523, 108631, 130363, 156437, 187751, 225307, 270371, 324449, 389357, 467237, 560689, 672827, 807403, 968897, 1162687, 1395263, 1674319, 2009191, 2411033,
        2893249, 3471899, 4166287, 4999559, 5999471, 7199369,
    ];
}
