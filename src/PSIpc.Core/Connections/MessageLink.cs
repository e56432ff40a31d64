using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>What carries messages to a peer and back: a socket, where each has its length before it, or a pipe of Windows, which keeps them apart. One sender and one receiver at a time.</summary>
internal abstract class MessageLink : IDisposable
{
    /// <summary>The process at the other end; 0 where the system does not tell.</summary>
    public virtual int PeerProcessId => 0;

    /// <summary>Whether the other end has closed it and all that it sent was received, or this end has.</summary>
    public abstract bool IsEnded { get; }

    /// <summary>Messages that have arrived.</summary>
    public abstract long Count { get; }

    /// <summary>Sends a message.</summary>
    /// <returns>False when the time was up before any of it was sent.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>; <see cref="IpcErrorKind.Timeout"/> when a part was sent, which ends the link.</exception>
    public abstract bool Send(ReadOnlySpan<byte> body, Deadline deadline, CancellationToken cancellation);

    /// <summary>Receives a message, or copies the next one.</summary>
    /// <returns>False when there was none in time; what came of one stays for the next call.</returns>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> at the end; <see cref="IpcErrorKind.PeerGone"/> when it comes in the middle of a message.</exception>
    public abstract bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation);

    /// <summary>Whether a receive would not wait. Nobody else receives meanwhile.</summary>
    public abstract bool IsReady();

    /// <summary>Calls once, from any thread, when something may have come.</summary>
    public abstract void WhenReadable(Action action);

    /// <summary>Sends a short message, before the link is used.</summary>
    public abstract Task SendAsync(byte[] body, CancellationToken cancellation);

    /// <summary>Receives a short message, before the link is used; not a byte more.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AuthenticationFailed"/> when it is longer.</exception>
    public abstract Task<byte[]> ReceiveAsync(int longest, CancellationToken cancellation);

    /// <summary>Begins the use of the link by threads that wait.</summary>
    public virtual void BeginUse()
    {
    }

    public abstract void Dispose();
}
