using PSIpc.Core.Segments;

namespace PSIpc.Core.Waiting;

/// <summary>Counts a thread among those that wait for an object, as long as it lives; so that people see who waits for what. Nothing relies on it.</summary>
internal readonly ref struct WaiterMark
{
    private readonly Segment _segment;

    /// <summary>Counts this thread.</summary>
    public WaiterMark(Segment segment)
    {
        _segment = segment;
        segment.Participants.CountWaiting(segment.Participant, 1);
    }

    /// <summary>Counts it no more.</summary>
    public void Dispose() => _segment.Participants.CountWaiting(_segment.Participant, -1);
}
