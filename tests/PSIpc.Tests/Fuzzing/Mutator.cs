namespace PSIpc.Fuzzing;

/// <summary>Changes bytes a little, in ways that are likely to find the edges of a format.</summary>
internal sealed class Mutator(Random random)
{
    private const int MostBytes = 4096;

    // Lengths and signs at the edges of their ranges, the headers of MessagePack, the signs of JSON and C, the opcodes of pickles.
    private static readonly byte[] Interesting =
        [0, 1, 0x7F, 0x80, 0xFF, 0xC0, 0xC1, 0xC4, 0xC7, 0xC8, 0xC9, 0xD4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0x90, 0x9F, 0x81, 0x20, .. "{}[]\":,;*()0123456789.-+eE#<>/\\\n"u8, 0x81, 0x85, 0x86, 0x87, 0x88, 0x8A, 0x8C, .. Enumerable.Range(0x8f, 10).Select(b => (byte)b), .. "RabcdeghijloqrstuPQNKJMGBCTUVX"u8];

    /// <summary>A changed copy of an input, sometimes with a part of another.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        byte[] bytes = input;
        for (int n = random.Next(10) < 6 ? 1 : random.Next(2, 6); n > 0; n--)
        {
            bytes = Once(bytes, other);
        }

        return bytes.Length > MostBytes ? bytes[..MostBytes] : bytes;
    }

    private byte[] Once(byte[] bytes, byte[] other)
    {
        int at = random.Next(bytes.Length + 1);
        int length = Math.Min(bytes.Length - at, random.Next(1, 9));
        switch (random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + length)];
            case 2:
                return [.. bytes.AsSpan(0, at + length), .. bytes.AsSpan(at)];
            case 3:
                return [.. bytes.AsSpan(0, at), Interesting[random.Next(Interesting.Length)], .. bytes.AsSpan(at)];
            case 4:
                int from = random.Next(other.Length + 1);
                return [.. bytes.AsSpan(0, at), .. other.AsSpan(from, Math.Min(other.Length - from, random.Next(64))), .. bytes.AsSpan(at)];
            default:
                byte[] changed = (byte[])bytes.Clone();
                if (at < changed.Length)
                {
                    changed[at] = random.Next(3) switch
                    {
                        0 => (byte)random.Next(256),
                        1 => Interesting[random.Next(Interesting.Length)],
                        _ => (byte)(changed[at] ^ (1 << random.Next(8))),
                    };
                }

                return changed;
        }
    }
}
