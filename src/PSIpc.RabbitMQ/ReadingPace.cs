using System.Diagnostics;

namespace PSIpc.RabbitMQ;

/// <summary>How fast messages are asked for, and so how many are worth fetching ahead: those of the next ten milliseconds.</summary>
/// <remarks>Who works long on each message has none in hand that another receiver could work on meanwhile.</remarks>
internal sealed class ReadingPace
{
    /// <summary>The most messages to fetch ahead.</summary>
    public const int MostAhead = 256;

    private const int FirstOnes = 4;
    private const double AheadMilliseconds = 10;
    private const double SlowMilliseconds = 100;
    private const double Weight = 0.1;

    private long _given;
    private int _count;
    private double _milliseconds;

    /// <summary>How many messages to have in hand; 1 for none but the one that is asked for.</summary>
    public int Ahead => _count < FirstOnes ? 1 : (int)Math.Clamp(AheadMilliseconds / Math.Max(_milliseconds, AheadMilliseconds / MostAhead), 1, MostAhead);

    /// <summary>A message is asked for.</summary>
    public void Asked()
    {
        if (_given == 0)
        {
            return;
        }

        double milliseconds = Stopwatch.GetElapsedTime(_given).TotalMilliseconds;
        if (milliseconds > SlowMilliseconds)
        {
            _count = 0;
        }
        else
        {
            _milliseconds = _count++ == 0 ? milliseconds : _milliseconds + (Weight * (milliseconds - _milliseconds));
        }
    }

    /// <summary>A message is given.</summary>
    public void Given() => _given = Stopwatch.GetTimestamp();
}
