using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Security.Principal;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>
/// One end of a connection as Python's <c>multiprocessing.connection</c> makes them: messages both ways with a process that need not share memory with this one.
/// </summary>
/// <remarks>Its messages are bytes: what wrote them does not travel with them, and both sides must agree on it. All methods may be called from any thread.</remarks>
public sealed class PeerConnection : IMessageSender, IMessageReceiver
{
    /// <summary>How long the other end has to prove that it knows the key.</summary>
    public static readonly TimeSpan DefaultHandshakeTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromMilliseconds(50);

    private readonly MessageLink _link;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SemaphoreSlim _receiving = new(1, 1);
    private readonly ConnectionWaitable _waitable;
    private bool _expectsChallenge;
    private long _received;
    private volatile bool _isClosed;

    internal PeerConnection(MessageLink link, string name, PeerAddress address, MessageFormat format, bool isAuthenticated, bool isListener)
    {
        _link = link;
        Name = name;
        Address = address;
        DefaultFormat = format;
        IsAuthenticated = isAuthenticated;
        _expectsChallenge = !isAuthenticated && !isListener;
        _waitable = new ConnectionWaitable(this);
        link.BeginUse();
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Where the listener is.</summary>
    public PeerAddress Address { get; }

    /// <summary>Whether both ends have proved that they know the key.</summary>
    public bool IsAuthenticated { get; }

    /// <summary>The process at the other end; 0 where the system does not tell (TCP, and others than Linux).</summary>
    public int PeerProcessId => _link.PeerProcessId;

    /// <summary>Whether this end was closed, or the other one was and all its messages were received.</summary>
    public bool IsClosed => _isClosed || _link.IsEnded;

    /// <inheritdoc/>
    public MessageFormat DefaultFormat { get; }

    /// <summary>Messages that have arrived.</summary>
    public long Count => IsClosed || !_receiving.Wait(0) ? 0 : AndLeave(() => _link.Count);

    /// <summary>What is waited for: a message, or the end.</summary>
    internal IWaitable Waitable => _waitable;

    /// <summary>Connects to a listener.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="key">The key that both know; null for none.</param>
    /// <param name="format">What the messages that are received are written in.</param>
    /// <param name="wait">Whether to wait for a listener where there is none.</param>
    /// <param name="deadline">Until when to wait for the listener to take the connection.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException">
    /// <see cref="IpcErrorKind.NotFound"/> when nobody listens, <see cref="IpcErrorKind.Timeout"/>, <see cref="IpcErrorKind.AuthenticationFailed"/>,
    /// <see cref="IpcErrorKind.PermissionDenied"/>.
    /// </exception>
    public static PeerConnection Connect(PeerAddress address, byte[]? key, MessageFormat format, bool wait, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        int milliseconds = deadline.Milliseconds();
        if (milliseconds >= 0)
        {
            ending.CancelAfter(milliseconds);
        }

        try
        {
            return Task.Run(() => ConnectAsync(address, key, format, wait, ending.Token), CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new IpcException(IpcErrorKind.Timeout, Messages.ConnectTimedOut.With(address), address.Text);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/>; <see cref="IpcErrorKind.Timeout"/> when the time was up in the middle of the message, which closes the connection.</exception>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        if (!_sending.Wait(deadline.Milliseconds(), cancellation))
        {
            return false;
        }

        try
        {
            return _isClosed ? throw Closed() : _link.Send(body, deadline, cancellation);
        }
        catch (IpcException e) when (e.ObjectName is null)
        {
            throw Named(e);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <inheritdoc/>
    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default)
    {
        MessageRing.CheckLengths(bodies, lengths);
        int sent = 0;
        foreach (int length in lengths)
        {
            if (!Send(bodies[..length], stamp, deadline, cancellation))
            {
                break;
            }

            bodies = bodies[length..];
            sent++;
        }

        return sent;
    }

    /// <inheritdoc/>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> at the end; <see cref="IpcErrorKind.PeerGone"/> when the other end is gone in the middle of a message; <see cref="IpcErrorKind.MessageTooLarge"/>, <see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => Receive(message, peek: false, deadline, cancellation);

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => Receive(message, peek: true, deadline, cancellation);

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        bool received = Receive(batch.Single, deadline, cancellation);
        if (received)
        {
            batch.AddSingle();
        }

        return received;
    }

    /// <summary>Closes both directions: the other end receives what is on the way, then finds the connection closed.</summary>
    /// <param name="cancellation">Not used: nothing is waited for.</param>
    public void Close(CancellationToken cancellation = default)
    {
        _isClosed = true;
        _link.Dispose();
        _waitable.Wake();
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => Close();

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Whether a receive would not wait; null while somebody else receives.</summary>
    internal bool? TryLook() => IsClosed ? true : _receiving.Wait(0) ? AndLeave(_link.IsReady) : null;

    /// <summary>Calls once when something may have come.</summary>
    internal void WhenReadable(Action action) => _link.WhenReadable(action);

    /// <summary>Lets an accepted or connected link prove itself.</summary>
    internal static async Task ShakeHandsAsync(MessageLink link, byte[]? key, bool isListener, TimeSpan longest, CancellationToken cancellation)
    {
        if (key is null)
        {
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ending.CancelAfter(longest);
        try
        {
            await (isListener ? Handshake.ListenAsync(link, key, ending.Token) : Handshake.ConnectAsync(link, key, ending.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.PeerKeyTimedOut.With(longest.TotalSeconds), null, e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.PeerClosedBeforeKnown.With(e.Message), null, e);
        }
    }

    private static async Task<PeerConnection> ConnectAsync(PeerAddress address, byte[]? key, MessageFormat format, bool wait, CancellationToken cancellation)
    {
        MessageLink link = await OpenAsync(address, wait, cancellation).ConfigureAwait(false);
        try
        {
            await ShakeHandsAsync(link, key, isListener: false, DefaultHandshakeTime, cancellation).ConfigureAwait(false);
            return new PeerConnection(link, address.Text, address, format, key is not null, isListener: false);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static async Task<MessageLink> OpenAsync(PeerAddress address, bool wait, CancellationToken cancellation)
    {
        if (address.IsPipe)
        {
            return await OpenPipeAsync(address, wait, cancellation).ConfigureAwait(false);
        }

        EndPoint endPoint = await address.ResolveAsync(toListen: false, cancellation).ConfigureAwait(false);
        for (TimeSpan pause = TimeSpan.FromMilliseconds(1); ; pause = pause < LongestRetry ? 2 * pause : LongestRetry)
        {
            var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, address.IsPath ? ProtocolType.Unspecified : ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(endPoint, cancellation).ConfigureAwait(false);
                return new SocketLink(socket);
            }
            catch (SocketException e)
            {
                socket.Dispose();

                // A listener whose waiting room is full says "later"; Python's has one seat.
                bool isFull = e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain or SocketError.NoBufferSpaceAvailable;
                if (!isFull && !(wait && IsNobody(e)))
                {
                    throw Refused(address, e);
                }
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<MessageLink> OpenPipeAsync(PeerAddress address, bool wait, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsWindows())
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.NamedPipeNeedsWindows.With(address), address.Text);
        }

        string server = address.Text[2..address.Text.IndexOf('\\', 2)];
        var pipe = new NamedPipeClientStream(server, address.Host, PipeDirection.InOut, PipeOptions.Asynchronous, TokenImpersonationLevel.Identification);
        try
        {
            await (wait ? pipe.ConnectAsync(cancellation) : pipe.ConnectAsync(0, cancellation)).ConfigureAwait(false);
            pipe.ReadMode = PipeTransmissionMode.Message;
            return new PipeLink(pipe);
        }
        catch (Exception e)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw e switch
            {
                TimeoutException => new IpcException(IpcErrorKind.NotFound, Messages.NobodyListens.With(address), address.Text, e),
                UnauthorizedAccessException => new IpcException(IpcErrorKind.PermissionDenied, Messages.AddressMayNotBeOpened.With(address, e.Message), address.Text, e),
                _ => e,
            };
        }
    }

    private static bool IsNobody(SocketException e) =>
        e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.HostNotFound or SocketError.ConnectionReset or SocketError.HostUnreachable
        || e.NativeErrorCode == 2;

    private static IpcException Refused(PeerAddress address, SocketException e) => e.SocketErrorCode == SocketError.AccessDenied
        ? new IpcException(IpcErrorKind.PermissionDenied, Messages.AddressOfAnotherUser.With(address, e.Message), address.Text, e)
        : new IpcException(IpcErrorKind.NotFound, Messages.NobodyListensYet.With(address, address.IsPath ? "" : $": {e.Message}"), address.Text, e);

    private bool Receive(ReceivedMessage message, bool peek, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_receiving.Wait(deadline.Milliseconds(), cancellation))
        {
            return false;
        }

        try
        {
            if (_isClosed)
            {
                throw Closed();
            }

            if (!_link.Receive(message, peek, deadline, cancellation))
            {
                return false;
            }

            RequireNoChallenge(message);
            message.Stamp = new MessageStamp(DefaultFormat.Number, 0);
            message.SenderId = PeerProcessId;
            message.Sequence = _received + 1;
            message.DeliveryCount = 1;
            _received += peek ? 0 : 1;
            return true;
        }
        catch (IpcException e) when (e.ObjectName is null)
        {
            throw Named(e);
        }
        finally
        {
            _receiving.Release();
        }
    }

    /// <summary>A listener that has a key begins with a challenge. Who has none must learn of it, not take it for a message.</summary>
    private void RequireNoChallenge(ReceivedMessage message)
    {
        if (!_expectsChallenge)
        {
            return;
        }

        _expectsChallenge = false;
        if (message.Length <= Handshake.LongestMessage && message.Body.Span.StartsWith(Handshake.ChallengeMark))
        {
            Close();
            throw new IpcException(IpcErrorKind.AuthenticationFailed, Messages.ListenerAsksForKey.With(Address), Name);
        }
    }

    private T AndLeave<T>(Func<T> look)
    {
        try
        {
            return look();
        }
        finally
        {
            _receiving.Release();
        }
    }

    private IpcException Closed() => new(IpcErrorKind.Closed, Messages.ConnectionClosed.With(Name), Name);

    private IpcException Named(IpcException e) => e.Kind == IpcErrorKind.Closed
        ? new IpcException(IpcErrorKind.Closed, Messages.ConnectionClosedOrPeerGone.With(Name), Name, e.InnerException)
        : new IpcException(e.Kind, Messages.ConnectionFailed.With(Name, e.Message), Name, e.InnerException);
}
