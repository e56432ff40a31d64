using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Python's numbers: whole ones of any size as the smallest of Int32, Int64 and BigInteger that holds them.</summary>
internal static class PythonNumbers
{
    /// <summary>The time to read digits grows with the square of their count.</summary>
    private const int MostDigits = 20_000;

    /// <summary>A whole number from its bytes in two's complement, the lowest first.</summary>
    public static object FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            return Smallest(new BigInteger(bytes));
        }

        long number = bytes.Length > 0 && (sbyte)bytes[^1] < 0 ? -1 : 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[i];
        }

        return Smallest(number);
    }

    /// <summary>A whole number from its digits.</summary>
    public static object FromDigits(ReadOnlySpan<byte> digits)
    {
        if (Utf8Parser.TryParse(digits, out long small, out int used) && used == digits.Length)
        {
            return Smallest(small);
        }

        if (digits.Length > MostDigits)
        {
            throw new FormatException(Messages.ReasonNumberTooLong.With(digits.Length, MostDigits));
        }

        return BigInteger.TryParse(Encoding.Latin1.GetString(digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger large)
            ? Smallest(large)
            : throw new FormatException(Messages.ReasonNumberNoDigits);
    }

    /// <summary>A number from its text, as Python's <c>repr</c> writes it.</summary>
    public static double FloatFromText(string text) => text switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw new FormatException(Messages.ReasonNumberNoDigits),
    };

    /// <summary>The number of an entry of the memo.</summary>
    public static long IndexFrom(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out uint index, out int used) && used == digits.Length ? index : throw new FormatException(Messages.ReasonMemoNumber);

    /// <summary>A whole number in the smallest type.</summary>
    public static object Smallest(long number) => number == (int)number ? (object)(int)number : number;

    /// <summary>A whole number in the smallest type.</summary>
    public static object Smallest(BigInteger number) => number >= long.MinValue && number <= long.MaxValue ? Smallest((long)number) : (object)number;

    /// <summary>A value as a whole number that .NET counts by.</summary>
    public static int ToInt32(object? value) => value is int number ? number : throw new FormatException(Messages.ReasonIntegerExpected);

    /// <summary>A <c>Decimal</c> from its text: rounded to the 28 digits that [decimal] has; a Double where [decimal] ends.</summary>
    public static object Decimal(string text)
    {
        switch (text.TrimStart('+', '-').ToUpperInvariant())
        {
            case "INFINITY" or "INF":
                return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            case ['N', 'A', 'N', ..] or ['S', 'N', 'A', 'N', ..]:
                return double.NaN;
            case var digits when digits.AsSpan().IndexOfAnyExcept(DecimalCharacters) >= 0:
                throw new FormatException(Messages.ReasonDecimalNoDigits);
        }

        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            && (number != 0 || text.AsSpan(0, Mantissa(text)).IndexOfAnyInRange('1', '9') < 0))
        {
            return number;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double far) ? far : throw new FormatException(Messages.ReasonDecimalNoDigits);
    }

    private static readonly SearchValues<char> DecimalCharacters = SearchValues.Create("0123456789.E+-");

    private static int Mantissa(string text) => text.AsSpan().IndexOfAny('E', 'e') is var at and >= 0 ? at : text.Length;
}
