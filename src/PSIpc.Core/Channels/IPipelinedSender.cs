using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>A sender whose messages take a journey before they are there: many can be under way at once.</summary>
internal interface IPipelinedSender : IMessageSender
{
    /// <summary>Begins to send messages whose outcomes are asked for later.</summary>
    ISendPipeline BeginPipeline();
}

/// <summary>Messages under way, of one caller, in their order.</summary>
internal interface ISendPipeline
{
    /// <summary>Sends a message on its way, waiting while too many are under way.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="stamp">What to note beside them.</param>
    /// <param name="tag">What its outcome is given back with.</param>
    /// <param name="deadline">Until when it may wait for room at its destination.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    void Post(ReadOnlySpan<byte> body, MessageStamp stamp, object? tag, Deadline deadline, CancellationToken cancellation);

    /// <summary>Takes the outcome of the oldest message; false when it is not known yet, or none is under way.</summary>
    /// <param name="wait">Whether to wait for it.</param>
    /// <param name="settled">The outcome.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    bool TryTake(bool wait, out SettledMessage settled, CancellationToken cancellation);

    /// <summary>Gives up what is under way: what has not left this process is not sent.</summary>
    void Abandon();
}

/// <summary>What became of a message.</summary>
/// <param name="Tag">What it was posted with.</param>
/// <param name="IsSent">Whether it is there; else there was no room for it in time.</param>
/// <param name="Error">Why it is not there; null where there was no room only.</param>
internal readonly record struct SettledMessage(object? Tag, bool IsSent, IpcException? Error);
