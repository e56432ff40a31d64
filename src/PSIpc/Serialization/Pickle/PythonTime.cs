using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Python's dates and times, as the bytes of their pickles (CPython's <c>Lib/_pydatetime.py</c>, <c>_getstate</c>). Python counts microseconds, .NET tenths of them.</summary>
internal static class PythonTime
{
    private const int DateBytes = 4;
    private const int TimeBytes = 6;
    private const byte Fold = 0x80;
    private const long MostDays = 999_999_999;

    /// <summary>A date.</summary>
    public static object Date(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length == DateBytes);
        return new DateOnly((bytes[0] << 8) | bytes[1], bytes[2], bytes[3]);
    }

    /// <summary>A time of day.</summary>
    public static object Time(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length == TimeBytes);
        return new TimeOnly(TicksOf(bytes));
    }

    /// <summary>A date and time without a time zone.</summary>
    public static object Naive(ReadOnlySpan<byte> bytes) => new DateTime(DateTimeTicksOf(bytes), DateTimeKind.Unspecified);

    /// <summary>A date and time in a time zone: a DateTime of UTC, else a DateTimeOffset.</summary>
    public static object Aware(ReadOnlySpan<byte> bytes, object? zone)
    {
        if (zone is null)
        {
            return Naive(bytes);
        }

        TimeZoneInfo info = zone as TimeZoneInfo ?? throw new FormatException(Messages.ReasonDateTimeZone);
        long ticks = DateTimeTicksOf(bytes);
        bool isSecond = (bytes[2] & Fold) != 0;
        TimeSpan offset = info.SupportsDaylightSavingTime || info.GetAdjustmentRules().Length > 0 ? PythonZones.OffsetAt(info, new DateTime(ticks), isSecond) : info.BaseUtcOffset;
        return offset == TimeSpan.Zero && !info.SupportsDaylightSavingTime ? (object)new DateTime(ticks, DateTimeKind.Utc) : new DateTimeOffset(ticks, offset);
    }

    /// <summary>The arguments of a date or time whose zone is unknown, with the value in the place of its bytes.</summary>
    public static PythonTuple Described(PythonGlobal global, PythonTuple arguments)
    {
        if (arguments.Count != 2 || arguments[0] is not byte[] bytes || global.Kind is not (PythonKind.DateTime or PythonKind.Time))
        {
            return arguments;
        }

        try
        {
            return new PythonTuple([global.Kind == PythonKind.Time ? Time(bytes) : Naive(bytes), arguments[1]], arguments.Weight);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return arguments;
        }
    }

    /// <summary>A difference of times: days, seconds, microseconds.</summary>
    public static object Delta(PythonTuple arguments)
    {
        long days = PythonNumbers.ToInt32(arguments[0]);
        long seconds = PythonNumbers.ToInt32(arguments[1]);
        long microseconds = PythonNumbers.ToInt32(arguments[2]);
        Require(Math.Abs(days) <= MostDays);
        Int128 ticks = ((Int128)days * TimeSpan.TicksPerDay) + (seconds * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond);
        return ticks >= long.MinValue && ticks <= long.MaxValue
            ? new TimeSpan((long)ticks)
            : throw new FormatException(Messages.ReasonTimeDeltaTooLong.With(days));
    }

    /// <summary>A time zone of one offset.</summary>
    public static object Zone(PythonTuple arguments)
    {
        TimeSpan offset = arguments[0] is TimeSpan span ? span : throw new FormatException(Messages.ReasonZoneOffset);
        if (offset.Ticks % TimeSpan.TicksPerMinute != 0 || offset.Duration() > TimeSpan.FromHours(14))
        {
            throw new FormatException(Messages.ReasonZoneOffsetRange.With(offset));
        }

        string? name = arguments.Count == 1 ? null : arguments[1] as string ?? throw new FormatException(Messages.ReasonZoneName);
        string own = NameOf(offset);
        return name is null && offset == TimeSpan.Zero ? TimeZoneInfo.Utc : TimeZoneInfo.CreateCustomTimeZone(string.IsNullOrEmpty(name) ? own : name, offset, name ?? own, name ?? own);
    }

    /// <summary>The name that Python gives to a time zone without one.</summary>
    public static string NameOf(TimeSpan offset) =>
        string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset.Duration():hh\\:mm}");

    /// <summary>A date as Python's bytes.</summary>
    public static byte[] ToBytes(DateOnly date) => [(byte)(date.Year >> 8), (byte)date.Year, (byte)date.Month, (byte)date.Day];

    /// <summary>A time of day as Python's bytes.</summary>
    public static byte[] ToBytes(TimeOnly time)
    {
        int microseconds = (int)(time.Ticks / TimeSpan.TicksPerMicrosecond % 1_000_000);
        return [(byte)time.Hour, (byte)time.Minute, (byte)time.Second, (byte)(microseconds >> 16), (byte)(microseconds >> 8), (byte)microseconds];
    }

    /// <summary>A date and time as Python's bytes.</summary>
    public static byte[] ToBytes(DateTime time) => [.. ToBytes(DateOnly.FromDateTime(time)), .. ToBytes(TimeOnly.FromDateTime(time))];

    /// <summary>A time span as Python's days, seconds and microseconds; only the days can be negative.</summary>
    public static (int Days, int Seconds, int Microseconds) Parts(TimeSpan span)
    {
        long microseconds = (long)Math.Floor((decimal)span.Ticks / TimeSpan.TicksPerMicrosecond);
        (long seconds, long rest) = FloorDivide(microseconds, 1_000_000);
        (long days, long ofDay) = FloorDivide(seconds, 86_400);
        return ((int)days, (int)ofDay, (int)rest);
    }

    private static (long Quotient, long Remainder) FloorDivide(long number, long by)
    {
        (long quotient, long rest) = Math.DivRem(number, by);
        return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest);
    }

    private static long DateTimeTicksOf(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length == DateBytes + TimeBytes);

        // Which of two equal local times it is, when clocks are set back, is in the bit above the month.
        var date = new DateTime((bytes[0] << 8) | bytes[1], bytes[2] & ~Fold, bytes[3]);
        return date.Ticks + TicksOf(bytes[DateBytes..]);
    }

    private static long TicksOf(ReadOnlySpan<byte> bytes)
    {
        int microseconds = (bytes[3] << 16) | (bytes[4] << 8) | bytes[5];
        int hour = bytes[0] & ~Fold;
        Require(hour < 24 && bytes[1] < 60 && bytes[2] < 60 && microseconds < 1_000_000);
        return (((((hour * 60L) + bytes[1]) * 60) + bytes[2]) * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond);
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new FormatException(Messages.ReasonDateOrTime);
        }
    }
}
