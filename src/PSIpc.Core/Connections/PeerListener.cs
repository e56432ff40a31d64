using System.Collections.Concurrent;
using System.Net.Sockets;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Connections;

/// <summary>Where others connect to, as Python's <c>multiprocessing.connection.Listener</c>: a Unix socket, TCP, or a named pipe of Windows.</summary>
/// <remarks>
/// It takes connections and has them prove that they know the key at once, in the background and several at a time, so that one that is slow or says nothing holds up nobody.
/// </remarks>
public sealed class PeerListener : IDisposable
{
    /// <summary>Who may open the file of a Unix socket where nobody says otherwise: this user.</summary>
    public const UnixFileMode DefaultFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Connections that prove themselves or wait to be accepted, at most; further ones wait in the system.</summary>
    private const int MostWaiting = 128;

    private static readonly ConcurrentDictionary<PeerListener, bool> Open = new();

    private readonly byte[]? _key;
    private readonly MessageFormat _format;
    private readonly TimeSpan _handshakeTime;
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _places = new(MostWaiting, MostWaiting);
    private readonly CancellationTokenSource _closing = new();
    private readonly IConnectionSource _source;
    private readonly ListenerWaitable _waitable;
    private int _isClosed;
    private long _count;
    private long _greeted;

    static PeerListener() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (PeerListener listener in Open.Keys)
        {
            listener.Dispose();
        }
    };

    private PeerListener(IConnectionSource source, byte[]? key, MessageFormat format, TimeSpan handshakeTime)
    {
        _source = source;
        _key = key;
        _format = format;
        _handshakeTime = handshakeTime;
        _waitable = new ListenerWaitable(this);
        Open[this] = true;
        _ = Task.Run(TakeAsync);
    }

    /// <summary>Where it listens; with the port that the system chose, where port 0 was asked for.</summary>
    public PeerAddress Address => _source.Address;

    /// <summary>Whether others must know a key.</summary>
    public bool RequiresKey => _key is not null;

    /// <summary>Connections that wait to be accepted.</summary>
    public int Count => _arrivals.Count;

    /// <summary>Connections that were accepted.</summary>
    public long Accepted => Interlocked.Read(ref _count);

    /// <summary>Whether it was closed.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>What is waited for: a connection to accept.</summary>
    internal IWaitable Waitable => _waitable;

    /// <summary>Listens.</summary>
    /// <param name="address">Where. A socket's file that a dead process left there is replaced.</param>
    /// <param name="key">The key that others must know, and that this side proves to know; null for none.</param>
    /// <param name="format">What messages are written in.</param>
    /// <param name="mode">Who may open the file of a Unix socket.</param>
    /// <param name="handshakeTime">How long one has to prove that it knows the key; 10 seconds if null.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.PermissionDenied"/>, <see cref="IpcErrorKind.InvalidArgument"/>, <see cref="IpcErrorKind.NotSupported"/>.</exception>
    public static PeerListener Create(PeerAddress address, byte[]? key, MessageFormat format, UnixFileMode mode = DefaultFileMode, TimeSpan? handshakeTime = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        IConnectionSource source = !address.IsPipe ? SocketSource.Listen(address, mode)
            : OperatingSystem.IsWindows() ? new PipeSource(address)
            : throw new IpcException(IpcErrorKind.NotSupported, Messages.NamedPipeNeedsWindows.With(address), address.Text);
        return new PeerListener(source, key, format, handshakeTime ?? PeerConnection.DefaultHandshakeTime);
    }

    /// <summary>Takes the next connection, waiting for it; null when there was none in time.</summary>
    /// <param name="deadline">Until when to wait.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AuthenticationFailed"/> for one that did not know the key, which the next call goes on after; <see cref="IpcErrorKind.Closed"/>.</exception>
    public PeerConnection? Accept(Deadline deadline, CancellationToken cancellation = default)
    {
        if (!_arrived.Wait(deadline.Milliseconds(), cancellation))
        {
            return null;
        }

        if (!_arrivals.TryDequeue(out Arrival? arrival))
        {
            _arrived.Release(); // Closed: who waits beside this one is to learn of it, too.
            throw new IpcException(IpcErrorKind.Closed, Messages.ListenerClosed.With(Address), Address.Text);
        }

        if (arrival.Failure is { } failure)
        {
            throw new IpcException(failure.Kind, Messages.ConnectionRefused.With(Address, failure.Message), Address.Text, failure);
        }

        _places.Release();
        Interlocked.Increment(ref _count);
        return arrival.Connection;
    }

    /// <summary>Listens no more, and removes the file of a Unix socket. Accepted connections stay.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        Open.TryRemove(this, out _);
        _closing.Cancel();
        _source.Dispose();
        while (_arrivals.TryDequeue(out Arrival? arrival))
        {
            arrival.Connection?.Dispose();
        }

        _arrived.Release();
        _waitable.Wake();
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => Close();

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_closing.Token).ConfigureAwait(false);
                _ = GreetAsync(await _source.AcceptAsync(_closing.Token).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || IsClosed)
        {
            // Closed.
        }
        catch (Exception e) when (e is SocketException or IOException or IpcException)
        {
            Arrive(new Arrival(null, new IpcException(IpcErrorKind.Closed, Messages.ListenerCannotGoOn.With(Address, e.Message), Address.Text, e)));
            Close();
        }
    }

    private async Task GreetAsync(MessageLink link)
    {
        try
        {
            await PeerConnection.ShakeHandsAsync(link, _key, isListener: true, _handshakeTime, _closing.Token).ConfigureAwait(false);
            string name = $"{Address}#{Interlocked.Increment(ref _greeted)}";
            Arrive(new Arrival(new PeerConnection(link, name, Address, _format, _key is not null, isListener: true), null));
        }
        catch (Exception e)
        {
            link.Dispose();
            _places.Release();
            if (e is IpcException failure)
            {
                Arrive(new Arrival(null, failure));
            }
            else if (e is not (OperationCanceledException or ObjectDisposedException or SocketException or IOException))
            {
                throw;
            }
        }
    }

    private void Arrive(Arrival arrival)
    {
        // Failures that nobody asks for do not heap up: of many, the connections that wait are what counts.
        if (arrival.Failure is not null && _arrivals.Count >= 2 * MostWaiting)
        {
            return;
        }

        _arrivals.Enqueue(arrival);
        _arrived.Release();
        _waitable.Wake();
        if (IsClosed && _arrivals.TryDequeue(out Arrival? late))
        {
            late.Connection?.Dispose();
        }
    }

    private sealed record Arrival(PeerConnection? Connection, IpcException? Failure);

    /// <summary>A listener that is ready when a connection waits to be accepted, or it is closed.</summary>
    private sealed class ListenerWaitable(PeerListener listener) : IWaitable
    {
        private readonly List<Action> _waiters = [];

        public bool IsReady(out WaitTarget target)
        {
            target = default;
            return listener.Count > 0 || listener.IsClosed;
        }

        public void Attach(Action wake)
        {
            lock (_waiters)
            {
                _waiters.Add(wake);
            }
        }

        public void Detach(Action wake)
        {
            lock (_waiters)
            {
                _waiters.Remove(wake);
            }
        }

        public void Wake()
        {
            lock (_waiters)
            {
                _waiters.ForEach(w => w());
            }
        }
    }
}
