using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>PowerShell's values as C's numbers: exactly, or an error.</summary>
internal static class CNumbers
{
    private const int PartBits = 64;

    /// <summary>A value as a whole number that goes into some bits.</summary>
    /// <param name="value">A number, character, Boolean, enumeration, pointer, or text of a number.</param>
    /// <param name="bits">How many bits, 1 to 128.</param>
    /// <param name="isSigned">Whether it can be negative.</param>
    /// <param name="what">What it is for, for the message of an error.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public static Int128 ToInteger(object? value, int bits, bool isSigned, string what)
    {
        BigInteger number = ToBigInteger(value, what);
        BigInteger least = isSigned ? -(BigInteger.One << (bits - 1)) : 0;
        BigInteger most = (BigInteger.One << (isSigned ? bits - 1 : bits)) - 1;
        if (number < least || number > most)
        {
            throw Error(Messages.CValueOutOfRange.With(what, least, most, number));
        }

        return number > (BigInteger)Int128.MaxValue ? (Int128)(UInt128)number : (Int128)number;
    }

    /// <summary>A value as a floating-point number.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public static double ToDouble(object? value, string what) => Unwrap(value) switch
    {
        double number => number,
        float number => number,
        Half number => (double)number,
        decimal number => (double)number,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        { } other => Finite(ToBigInteger(other, what), what),
        null => throw Error(Messages.CValueNullForNumber.With(what)),
    };

    /// <summary>A value as a float: rounded, but not to infinity.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public static float ToSingle(object? value, string what)
    {
        double number = ToDouble(value, what);
        return double.IsFinite(number) && float.IsInfinity((float)number) ? throw Error(Messages.CValueBeyond.With(what, float.MaxValue, number)) : (float)number;
    }

    /// <summary>A value as true or false.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public static bool ToBoolean(object? value, string what) => Unwrap(value) switch
    {
        bool flag => flag,
        SwitchParameter flag => flag.IsPresent,
        string text when bool.TryParse(text, out bool flag) => flag,
        { } other => ToInteger(other, 1, isSigned: false, what) != 0,
        null => throw Error(Messages.CValueNullForBoolean.With(what)),
    };

    /// <summary>The error for a value that cannot be written.</summary>
    public static IpcException Error(string what) => new(IpcErrorKind.Serialization, what);

    /// <summary>A whole number as the nearest double, which must not be infinite.</summary>
    private static double Finite(BigInteger number, string what) =>
        (double)number is var result && double.IsFinite(result) ? result : throw Error(Messages.CValueBeyond.With(what, double.MaxValue, number));

    private static BigInteger ToBigInteger(object? value, string what)
    {
        object? plain = Unwrap(value);
        return plain switch
        {
            sbyte or byte or short or ushort or int or uint or long or bool or Enum => Convert.ToInt64OrUInt64(plain),
            ulong number => number,
            BigInteger number => number,
            Int128 number => number,
            UInt128 number => number,
            nint number => number,
            nuint number => number,
            NativePointer pointer => (long)pointer.Address,
            char number => number,
            double number when double.IsInteger(number) => new BigInteger(number),
            float number when float.IsInteger(number) => new BigInteger(number),
            decimal number when decimal.IsInteger(number) => new BigInteger(number),
            double or float or decimal or Half => throw Error(Messages.CValueNotWhole.With(what, Convert.ToText(plain))),
            string text => Parse(text) ?? throw Error(Messages.CValueTextForInteger.With(what, text)),
            null => throw Error(Messages.CValueNullForNumber.With(what)),
            _ => throw Error(Messages.CValueNotNumber.With(what, plain.GetType())),
        };
    }

    private static BigInteger? Parse(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && trimmed.Length <= 2 + (2 * PartBits / 4))
        {
            return UInt128.TryParse(trimmed[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 hex) ? hex : null;
        }

        return trimmed.Length <= 2 * PartBits && BigInteger.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number) ? number : null;
    }

    private static class Convert
    {
        public static BigInteger ToInt64OrUInt64(object value) =>
            value is Enum named && Enum.GetUnderlyingType(named.GetType()) == typeof(ulong)
                ? System.Convert.ToUInt64(value, CultureInfo.InvariantCulture)
                : System.Convert.ToInt64(value, CultureInfo.InvariantCulture);

        public static string ToText(object value) => System.Convert.ToString(value, CultureInfo.InvariantCulture)!;
    }
}
