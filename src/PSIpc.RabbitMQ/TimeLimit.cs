using PSIpc.Core.Waiting;

namespace PSIpc.RabbitMQ;

/// <summary>A deadline as a token, for what is asked of a server.</summary>
internal readonly struct TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _source;

    /// <summary>Begins to measure.</summary>
    /// <param name="deadline">Until when.</param>
    /// <param name="cancellation">Ends it before.</param>
    /// <param name="grace">So many milliseconds more: an answer of the server takes its time even where nobody waits for more.</param>
    public TimeLimit(Deadline deadline, CancellationToken cancellation, int grace = 0)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        int milliseconds = deadline.Milliseconds();
        if (milliseconds >= 0)
        {
            _source.CancelAfter((int)Math.Min(int.MaxValue, (long)milliseconds + grace));
        }
    }

    /// <summary>Set when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
