using System.Globalization;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Times to wait as users write them: a number of seconds or a TimeSpan.</summary>
internal static class IpcTimeout
{
    /// <summary>The maximum number of seconds; a larger number means no limit.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(10_000);

    /// <summary>Reads a time.</summary>
    /// <exception cref="ArgumentException">It is neither a number nor a TimeSpan, or negative.</exception>
    public static TimeSpan Parse(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        TimeSpan time = plain switch
        {
            TimeSpan span => span,
            string text when TryParseSeconds(text, out TimeSpan parsed) => parsed,
            string text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan parsed) => parsed,
            IConvertible and not string and not bool and not DateTime and not char => FromSeconds(Convert.ToDouble(plain, CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException(Messages.TimeInvalid.With(value)),
        };
        return time == Timeout.InfiniteTimeSpan || time >= TimeSpan.Zero
            ? time
            : throw new ArgumentException(Messages.TimeNegative.With(value));
    }

    /// <summary>The exception of a send that found no room.</summary>
    public static IpcException Full(string name) =>
        new(IpcErrorKind.Timeout, Messages.SendTimedOut.With(name), name);

    /// <summary>The exception of a receive that found nothing.</summary>
    public static IpcException Empty(string name) =>
        new(IpcErrorKind.Timeout, Messages.ReceiveTimedOut.With(name), name);

    private static bool TryParseSeconds(string text, out TimeSpan time)
    {
        bool parsed = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds);
        time = parsed ? FromSeconds(seconds) : default;
        return parsed;
    }

    private static TimeSpan FromSeconds(double seconds) =>
        double.IsNaN(seconds) ? throw new ArgumentException(Messages.TimeNotANumber)
        : seconds >= Longest.TotalSeconds ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromSeconds(seconds);
}
