using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>What messages are sent into or received from, whatever carries them.</summary>
public interface IMessageChannel : IDisposable
{
    /// <summary>The name by which other processes open it.</summary>
    string Name { get; }

    /// <summary>Whether nothing can be sent any more.</summary>
    bool IsClosed { get; }

    /// <summary>The number of the serializer of senders that name none.</summary>
    MessageFormat DefaultFormat { get; }

    /// <summary>No more sends from now on; receivers drain what is there.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    void Close(CancellationToken cancellation = default);
}

/// <summary>What messages are sent into.</summary>
public interface IMessageSender : IMessageChannel
{
    /// <summary>Sends one message, waiting for room; false when there was none in time.</summary>
    /// <param name="body">The bytes, at most 2,147,483,591.</param>
    /// <param name="stamp">What to note beside them.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default);

    /// <summary>Sends messages that lie one after the other in memory, as many at a time as there is room for.</summary>
    /// <param name="bodies">Their bytes, one message after the other.</param>
    /// <param name="lengths">The length of each.</param>
    /// <param name="stamp">What to note beside each of them.</param>
    /// <param name="deadline">Until when to wait for room.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>; what was sent by then stays sent.</param>
    /// <returns>How many were sent: all of them, or the first ones when the time was up.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    int SendMany(
        ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default);
}

/// <summary>What messages are received from.</summary>
public interface IMessageReceiver : IMessageChannel
{
    /// <summary>Messages sent and not yet received.</summary>
    long Count { get; }

    /// <summary>Receives one message, waiting for it; false when there was none in time.</summary>
    /// <param name="message">Where to put it.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the channel is closed and drained, or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default);

    /// <summary>Copies the next message without taking it; false when there was none in time.</summary>
    /// <param name="message">Where to put it.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default);

    /// <summary>Receives the messages that are there, at least one, waiting for it; false when there was none in time.</summary>
    /// <param name="batch">Where to put them; it says how many at most. A process killed meanwhile takes all of them along, or none.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the channel is closed and drained, or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default);
}
