namespace PSIpc;

/// <summary>Bit fields: numbers that begin at any bit. Bits count from the least significant one of a byte, or from the most significant one in big-endian layouts.</summary>
internal static class CBits
{
    /// <summary>Writes the lowest bits of a number into bits that are 0.</summary>
    public static void Write(Span<byte> target, long at, int width, ulong value, bool isBigEndian)
    {
        for (int i = 0; i < width; i++)
        {
            if (((value >> (isBigEndian ? width - 1 - i : i)) & 1) != 0)
            {
                target[(int)((at + i) / 8)] |= Mask(at + i, isBigEndian);
            }
        }
    }

    /// <summary>Reads a number.</summary>
    public static ulong Read(ReadOnlySpan<byte> source, long at, int width, bool isBigEndian)
    {
        ulong value = 0;
        for (int i = 0; i < width; i++)
        {
            if ((source[(int)((at + i) / 8)] & Mask(at + i, isBigEndian)) != 0)
            {
                value |= 1UL << (isBigEndian ? width - 1 - i : i);
            }
        }

        return value;
    }

    private static byte Mask(long bit, bool isBigEndian) => (byte)(1 << (int)(isBigEndian ? 7 - (bit % 8) : bit % 8));
}
