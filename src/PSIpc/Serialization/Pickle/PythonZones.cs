using System.Text.RegularExpressions;
using PSIpc.Core;

namespace PSIpc;

/// <summary>The time zones of Python's zoneinfo, dateutil and pytz as .NET's: by their names in the time zone database of this machine, or by their offsets.</summary>
internal static partial class PythonZones
{
    private const int MaxNameLength = 64;

    private static readonly TimeSpan MaxOffset = TimeSpan.FromHours(14);

    /// <summary>A zone of the time zone database.</summary>
    /// <exception cref="FormatException">There is no such zone.</exception>
    public static TimeZoneInfo Named(string key)
    {
        // A name of the database, never a path: .NET looks for a file of that name.
        if (key.Length > MaxNameLength || !ZoneName().IsMatch(key))
        {
            throw new FormatException(Messages.ReasonZoneUnknown.With(key[..Math.Min(key.Length, MaxNameLength)]));
        }

        try
        {
            return key is "UTC" or "Etc/UTC" ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(key);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException(Messages.ReasonZoneUnknown.With(key), e);
        }
    }

    /// <summary>A zone of one offset, which is rounded to minutes: .NET has no others, and Python has them only for times before time zones.</summary>
    public static TimeZoneInfo Fixed(TimeSpan offset, string? name)
    {
        var rounded = TimeSpan.FromMinutes(Math.Round(offset.TotalMinutes));
        if (rounded.Duration() > MaxOffset)
        {
            throw new FormatException(Messages.ReasonZoneOffsetRange.With(offset));
        }

        string id = string.IsNullOrEmpty(name) ? PythonTime.NameOf(rounded) : name;
        return rounded == TimeSpan.Zero && id == "UTC" ? TimeZoneInfo.Utc : TimeZoneInfo.CreateCustomTimeZone(id, rounded, id, id);
    }

    /// <summary>A zone of dateutil: an offset, or the name of a file of the time zone database.</summary>
    public static object FromState(UnfinishedZone zone, object? state)
    {
        var attributes = state as PythonDict;
        return zone.Global.Name switch
        {
            "tzoffset" when attributes?["_offset"] is TimeSpan offset => Fixed(offset, attributes["_name"] as string),
            "tzlocal" when attributes?["_std_offset"] is TimeSpan offset && attributes["_hasdst"] is false => Fixed(offset, null),
            "tzfile" when FileOf(zone, attributes) is { } file => Named(file[(file.LastIndexOf("zoneinfo/", StringComparison.Ordinal) is >= 0 and var at ? at + "zoneinfo/".Length : 0)..]),
            _ => throw new FormatException(Messages.ReasonDateTimeZone),
        };
    }

    /// <summary>The offset of a zone at a local time. Where clocks are set back a time is there twice, and Python says which of the two it is.</summary>
    public static TimeSpan OffsetAt(TimeZoneInfo zone, DateTime time, bool isSecond)
    {
        if (zone.IsAmbiguousTime(time))
        {
            TimeSpan[] offsets = zone.GetAmbiguousTimeOffsets(time);
            return isSecond ? offsets.Min() : offsets.Max();
        }

        return zone.GetUtcOffset(time);
    }

    private static string? FileOf(UnfinishedZone zone, PythonDict? attributes) =>
        attributes?["_filename"] as string ?? (zone.Arguments.Count == 2 ? zone.Arguments[1] as string : null);

    [GeneratedRegex(@"^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}$")]
    private static partial Regex ZoneName();
}
