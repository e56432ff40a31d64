namespace PSIpc.Core.Channels;

/// <summary>A receiver that fetches messages before they are asked for, where it is told that they will be.</summary>
internal interface IReadsAhead
{
    /// <summary>Says that messages will be received one after the other.</summary>
    /// <param name="most">How many at most.</param>
    void BeginReading(long most);

    /// <summary>Says that this is over: what was fetched and not received goes back.</summary>
    /// <param name="atOnce">Whether to return at once, and give back meanwhile.</param>
    void EndReading(bool atOnce);
}
