using System.Globalization;

namespace PSIpc;

/// <summary>Numbers of bytes as people read them. The views of the module use it.</summary>
public static class ReadableSize
{
    private const long Kilo = 1L << 10;
    private const long Mega = 1L << 20;
    private const long Giga = 1L << 30;

    /// <summary>As bytes below 1 KB, else in KB, MB or GB with one place behind the point where it is not 0; a KB has 1,024 bytes.</summary>
    /// <param name="bytes">The number.</param>
    public static string Of(double bytes) => Math.Abs(bytes) switch
    {
        >= Giga => Text(bytes / Giga, "GB"),
        >= Mega => Text(bytes / Mega, "MB"),
        >= Kilo => Text(bytes / Kilo, "KB"),
        _ => Text(bytes, "B"),
    };

    private static string Text(double number, string unit) => $"{number.ToString("0.#", CultureInfo.CurrentCulture)} {unit}";
}
