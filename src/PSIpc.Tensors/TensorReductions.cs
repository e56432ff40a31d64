using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Numerics.Tensors;
using PSIpc.Core;
using PSIpc.Core.Memory;

namespace PSIpc.Tensors;

/// <summary>Sums and extremes, a span after the other: an array can have more elements than a span.</summary>
[SuppressMessage("Performance", "CA1859", Justification = "What is returned is of one type or another.")]
internal sealed unsafe class TensorReductions : IReductions
{
    // So few that whole numbers of 32 bits, or of 64 bits below 2^49, cannot overflow the sum of one part.
    private const int PartLength = 1 << 14;
    private const int MostOfSpan = 1 << 26;

    /// <inheritdoc/>
    public object Sum(ElementType element, nint address, long length) => Sum(element, (byte*)address, length);

    /// <inheritdoc/>
    public object Min(ElementType element, nint address, long length) => Extreme(element, (byte*)address, length, isMin: true);

    /// <inheritdoc/>
    public object Max(ElementType element, nint address, long length) => Extreme(element, (byte*)address, length, isMin: false);

    private static object Sum(ElementType element, byte* address, long length) => element switch
    {
        ElementType.SByte => SumWhole<sbyte>(address, length, isSigned: true),
        ElementType.Byte or ElementType.Boolean => SumWhole<byte>(address, length, isSigned: false, isBoolean: element == ElementType.Boolean),
        ElementType.Int16 => SumWhole<short>(address, length, isSigned: true),
        ElementType.UInt16 => SumWhole<ushort>(address, length, isSigned: false),
        ElementType.Int32 => SumWhole<int>(address, length, isSigned: true),
        ElementType.UInt32 => SumWhole<uint>(address, length, isSigned: false),
        ElementType.Int64 => SumWhole<long>(address, length, isSigned: true),
        ElementType.UInt64 => Unsigned(SumUInt64(address, length)),
        ElementType.Int128 => SumLarge<Int128>(address, length),
        ElementType.UInt128 => SumLarge<UInt128>(address, length),
        ElementType.Half => SumFloat<Half>(address, length),
        ElementType.Single => SumFloat<float>(address, length),
        ElementType.Double => SumDouble(address, length),
        ElementType.Decimal => SumOwn<decimal>(address, length),
        ElementType.Complex => SumOwn<Complex>(address, length),
        _ => throw None(Messages.ReductionSum, element),
    };

    private static object Extreme(ElementType element, byte* address, long length, bool isMin) => element switch
    {
        ElementType.SByte => Extreme<sbyte>(address, length, isMin),
        ElementType.Byte => Extreme<byte>(address, length, isMin),
        ElementType.Int16 => Extreme<short>(address, length, isMin),
        ElementType.UInt16 => Extreme<ushort>(address, length, isMin),
        ElementType.Char => (char)(ushort)Extreme<ushort>(address, length, isMin),
        ElementType.Int32 => Extreme<int>(address, length, isMin),
        ElementType.UInt32 => Extreme<uint>(address, length, isMin),
        ElementType.Int64 => Extreme<long>(address, length, isMin),
        ElementType.UInt64 => Extreme<ulong>(address, length, isMin),
        ElementType.Int128 => Extreme<Int128>(address, length, isMin),
        ElementType.UInt128 => Extreme<UInt128>(address, length, isMin),
        ElementType.Half => Extreme<Half>(address, length, isMin),
        ElementType.Single => Extreme<float>(address, length, isMin),
        ElementType.Double => Extreme<double>(address, length, isMin),
        ElementType.Decimal => Extreme<decimal>(address, length, isMin),
        _ => throw None(isMin ? Messages.ReductionMin : Messages.ReductionMax, element),
    };

    private static object Extreme<T>(byte* address, long length, bool isMin)
        where T : unmanaged, INumber<T>
    {
        T found = *(T*)address;
        for (long at = 0; at < length; at += MostOfSpan)
        {
            ReadOnlySpan<T> part = Part<T>(address, at, length, MostOfSpan);
            T here = isMin ? TensorPrimitives.Min(part) : TensorPrimitives.Max(part);
            found = isMin ? T.Min(found, here) : T.Max(found, here);
        }

        return found;
    }

    private static object SumWhole<T>(byte* address, long length, bool isSigned, bool isBoolean = false)
        where T : unmanaged, IBinaryInteger<T>
    {
        Int128 sum = 0;
        Span<long> wide = new long[PartLength];
        for (long at = 0; at < length; at += PartLength)
        {
            ReadOnlySpan<T> part = Part<T>(address, at, length, PartLength);
            if (isBoolean)
            {
                sum += part.Length - part.Count(T.Zero);
                continue;
            }

            Span<long> converted = wide[..part.Length];
            TensorPrimitives.ConvertTruncating(part, converted);
            sum += SumPart(converted);
        }

        return isSigned ? Signed(sum) : Unsigned((UInt128)sum);
    }

    private static Int128 SumPart(ReadOnlySpan<long> part)
    {
        long largest = TensorPrimitives.Max(part);
        long smallest = TensorPrimitives.Min(part);
        if (largest < long.MaxValue / PartLength && smallest > long.MinValue / PartLength)
        {
            return TensorPrimitives.Sum(part);
        }

        Int128 sum = 0;
        foreach (long value in part)
        {
            sum += value;
        }

        return sum;
    }

    private static UInt128 SumUInt64(byte* address, long length)
    {
        UInt128 sum = 0;
        for (long at = 0; at < length; at += PartLength)
        {
            ReadOnlySpan<ulong> part = Part<ulong>(address, at, length, PartLength);
            if (TensorPrimitives.Max(part) < ulong.MaxValue / PartLength)
            {
                sum += TensorPrimitives.Sum(part);
                continue;
            }

            foreach (ulong value in part)
            {
                sum += value;
            }
        }

        return sum;
    }

    private static BigInteger SumLarge<T>(byte* address, long length)
        where T : unmanaged, IBinaryInteger<T>
    {
        BigInteger sum = 0;
        for (long i = 0; i < length; i++)
        {
            sum += BigInteger.CreateChecked(((T*)address)[i]);
        }

        return sum;
    }

    private static double SumFloat<T>(byte* address, long length)
        where T : unmanaged, INumber<T>
    {
        double sum = 0;
        Span<double> wide = new double[PartLength];
        for (long at = 0; at < length; at += PartLength)
        {
            ReadOnlySpan<T> part = Part<T>(address, at, length, PartLength);
            Span<double> converted = wide[..part.Length];
            TensorPrimitives.ConvertTruncating(part, converted);
            sum += TensorPrimitives.Sum<double>(converted);
        }

        return sum;
    }

    private static double SumDouble(byte* address, long length)
    {
        // In parts, so that rounding errors do not grow with the length.
        double sum = 0;
        for (long at = 0; at < length; at += PartLength)
        {
            sum += TensorPrimitives.Sum(Part<double>(address, at, length, PartLength));
        }

        return sum;
    }

    private static object SumOwn<T>(byte* address, long length)
        where T : unmanaged, INumberBase<T>
    {
        T sum = T.Zero;
        for (long i = 0; i < length; i++)
        {
            sum += ((T*)address)[i];
        }

        return sum;
    }

    private static object Signed(Int128 sum)
    {
        if (sum <= long.MaxValue && sum >= long.MinValue)
        {
            return (long)sum;
        }

        return (BigInteger)sum;
    }

    private static object Unsigned(UInt128 sum)
    {
        if (sum <= ulong.MaxValue)
        {
            return (ulong)sum;
        }

        return (BigInteger)sum;
    }

    private static ReadOnlySpan<T> Part<T>(byte* address, long at, long length, int most)
        where T : unmanaged => new((T*)address + at, (int)Math.Min(length - at, most));

    private static IpcException None(string what, ElementType element) => new(IpcErrorKind.NotSupported, Messages.ReductionNotOfType.With(element, what));
}
