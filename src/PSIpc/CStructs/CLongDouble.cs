using System.Numerics;

namespace PSIpc;

/// <summary>C's <c>long double</c> from a double, exactly, and to the nearest double.</summary>
/// <remarks>x87's extended format has a sign, 15 bits of exponent and 64 of significand, whose first is written; IEEE 754's binary128 has 112 bits, whose first is not written.</remarks>
internal static class CLongDouble
{
    private const int Bias = 16383;
    private const int DoubleBias = 1023;
    private const int DoubleBits = 52;
    private const int ExponentMask = 0x7FFF;

    /// <summary>The 80 or 128 bits of a double.</summary>
    /// <param name="value">The number.</param>
    /// <param name="isExtended">Whether it is x87's format, else binary128.</param>
    public static UInt128 FromDouble(double value, bool isExtended)
    {
        int fractionBits = isExtended ? 63 : 112;
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        UInt128 sign = (UInt128)(bits >> 63) << (isExtended ? 79 : 127);
        ulong fraction = bits & ((1UL << DoubleBits) - 1);
        int exponent = (int)(bits >> DoubleBits) & 0x7FF;
        if (exponent == 0 && fraction == 0)
        {
            return sign;
        }

        int stored = exponent == 0x7FF ? ExponentMask : exponent - DoubleBias + Bias;
        if (exponent == 0)
        {
            // What is too small to have a first bit as a double has one here.
            int shift = BitOperations.LeadingZeroCount(fraction) - (63 - DoubleBits);
            fraction = (fraction << shift) & ((1UL << DoubleBits) - 1);
            stored = 1 - shift - DoubleBias + Bias;
        }

        UInt128 significand = (UInt128)fraction << (fractionBits - DoubleBits);
        return sign | ((UInt128)stored << (isExtended ? 64 : 112)) | (isExtended ? UInt128.One << 63 : 0) | significand;
    }

    /// <summary>The double nearest to some bits.</summary>
    public static double ToDouble(UInt128 bits, bool isExtended)
    {
        int significandBits = isExtended ? 64 : 112;
        bool isNegative = ((bits >> (isExtended ? 79 : 127)) & 1) != 0;
        int exponent = (int)(bits >> significandBits) & ExponentMask;
        UInt128 significand = bits & ((UInt128.One << significandBits) - 1);
        UInt128 fraction = isExtended ? significand & ((UInt128.One << 63) - 1) : significand;
        double magnitude;
        if (exponent == ExponentMask)
        {
            magnitude = fraction == 0 ? double.PositiveInfinity : double.NaN;
        }
        else
        {
            UInt128 whole = isExtended ? significand : exponent == 0 ? significand : significand | (UInt128.One << 112);
            int fractionBits = isExtended ? 63 : 112;
            magnitude = Scale(whole, Math.Max(exponent, 1) - Bias - fractionBits);
        }

        return isNegative ? -magnitude : magnitude;
    }

    /// <summary>A whole number times a power of two, rounded once, to even.</summary>
    private static double Scale(UInt128 whole, int power)
    {
        if (whole == 0)
        {
            return 0;
        }

        int length = 128 - (int)UInt128.LeadingZeroCount(whole);
        // The lowest bit that the double can have: 53 bits, fewer where it is too small for them.
        int lowest = Math.Max(length - (DoubleBits + 1), -1074 - power);
        if (lowest > 0)
        {
            UInt128 rest = lowest >= 128 ? whole : whole & ((UInt128.One << lowest) - 1);
            UInt128 half = lowest > 128 ? UInt128.MaxValue : UInt128.One << (lowest - 1);
            whole = lowest >= 128 ? 0 : whole >> lowest;
            whole += rest > half || (rest == half && (whole & 1) == 1) ? 1u : 0u;
            power += lowest;
        }

        return Math.ScaleB((double)(ulong)whole, power);
    }
}
