using System.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>
/// How many items to give a worker at once, from the time that they take: some 2 ms of work, so that what giving costs is little beside it. It
/// begins with one and grows by four at most, since the first item of a worker takes longest, and shrinks at once.
/// </summary>
/// <param name="target">The time that a chunk should take, in ticks of Stopwatch.</param>
internal sealed class ChunkSize(long target)
{
    private const int LargestGrowth = 4;
    private const double Smoothing = 0.25;

    /// <summary>The time that a chunk should take between processes of one machine.</summary>
    public static readonly long Target = Stopwatch.Frequency / 500;

    /// <summary>The time that a chunk should take between machines.</summary>
    public static readonly long RemoteTarget = Stopwatch.Frequency / 20;

    /// <summary>Items longer than this are given one by one, when the worker is through with the last.</summary>
    private readonly long _long = 10 * target;

    private double _average = -1;
    private int _last = 1;

    /// <summary>Whether any item has ended.</summary>
    public bool IsKnown => _average >= 0;

    /// <summary>The time of an item, in ticks of Stopwatch.</summary>
    public double Average => Math.Max(0, _average);

    /// <summary>How many items fill a chunk by the time that they take.</summary>
    public int ByTime => IsKnown ? (int)Math.Clamp(target / Math.Max(1, _average), 1, ItemBlock.MostItems) : 1;

    /// <summary>Whether a worker that has this many items to do can be given more, so that it never waits for them.</summary>
    public bool AllowsMore(int outstanding) => outstanding == 0 || (IsKnown && _average < _long && outstanding * _average < target);

    /// <summary>An item took this long.</summary>
    public void Note(long elapsed)
    {
        // What is far below the average was not disturbed: it counts at once.
        _average = _average < 0 || elapsed < _average / LargestGrowth ? elapsed : _average + ((elapsed - _average) * Smoothing);
    }

    /// <summary>The number of items for a chunk now.</summary>
    /// <param name="waiting">Items that wait.</param>
    /// <param name="workers">Workers that can run them.</param>
    public int Next(long waiting, int workers)
    {
        if (!IsKnown)
        {
            return 1;
        }

        int byTime = ByTime;
        int size = Math.Min(byTime, _last * LargestGrowth);

        // Towards the end each worker gets a part of what is left, so that none stands idle while another has all of it.
        long share = (waiting + (2 * workers) - 1) / (2 * Math.Max(1, workers));
        size = (int)Math.Clamp(share, 1, size);
        _last = Math.Max(_last, size);
        _last = Math.Min(_last, byTime);
        return size;
    }
}
