using System.Diagnostics;

namespace PSIpc.Core.Waiting;

/// <summary>The moment until which a caller is ready to wait, on the clock that never jumps.</summary>
public readonly struct Deadline
{
    private readonly long _end;

    private Deadline(long end) => _end = end;

    /// <summary>No limit.</summary>
    public static Deadline Never => new(long.MaxValue);

    /// <summary>Do not wait at all.</summary>
    public static Deadline Now => new(long.MinValue);

    /// <summary>Whether the moment has come.</summary>
    public bool IsOver => _end != long.MaxValue && Stopwatch.GetTimestamp() >= _end;

    /// <summary>A moment some time from now; negative and infinite times mean never, zero means do not wait.</summary>
    /// <param name="timeout">How long from now.</param>
    public static Deadline After(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero || timeout == TimeSpan.MaxValue)
        {
            return Never;
        }

        if (timeout == TimeSpan.Zero)
        {
            return Now;
        }

        double ticks = timeout.TotalSeconds * Stopwatch.Frequency;
        long now = Stopwatch.GetTimestamp();
        return ticks < long.MaxValue - now - 1 ? new Deadline(now + (long)ticks) : Never;
    }

    /// <summary>This moment, or one some milliseconds from now if that is later.</summary>
    internal Deadline ButNotBefore(int milliseconds)
    {
        long end = Stopwatch.GetTimestamp() + (milliseconds * Stopwatch.Frequency / 1000);
        return _end < end ? new Deadline(end) : this;
    }

    /// <summary>The earlier of this moment and another.</summary>
    internal Deadline OrEarlier(Deadline other) => _end <= other._end ? this : other;

    /// <summary>The time left in milliseconds, rounded up, at most <paramref name="longest"/>; -1 where both are without limit.</summary>
    /// <param name="longest">The longest time to return, or -1 for no limit.</param>
    public int Milliseconds(int longest = -1)
    {
        if (_end == long.MaxValue)
        {
            return longest;
        }

        long left = _end == long.MinValue ? 0 : Math.Max(0, _end - Stopwatch.GetTimestamp());
        long milliseconds = Math.Min(int.MaxValue, (long)Math.Ceiling(left * 1000.0 / Stopwatch.Frequency));
        return (int)(longest < 0 ? milliseconds : Math.Min(milliseconds, longest));
    }
}
