using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>What messages are sent into and received from, whatever carries them.</summary>
public interface IMessageChannel : IDisposable
{
    /// <summary>The name by which other processes open it.</summary>
    string Name { get; }

    /// <summary>Whether nothing can be sent any more.</summary>
    bool IsClosed { get; }

    /// <summary>The number of the serializer of senders that name none.</summary>
    byte DefaultFormat { get; }

    /// <summary>Sends one message, waiting for room; false when there was none in time.</summary>
    /// <param name="body">The bytes, at most 2,147,483,591.</param>
    /// <param name="stamp">What to note beside them.</param>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.CorruptData"/>.</exception>
    bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default);

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
}
