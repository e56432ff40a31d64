using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>Receives the messages of a queue on a server: one by one, or ahead of being asked while they are asked for fast.</summary>
/// <remarks>
/// One thread receives at a time; it alone changes what the server is told, but for what comes from the server itself. A message that was fetched ahead and is not
/// asked for within a quarter of a second goes back to the queue. A message is acknowledged when it is given to the caller, or when the caller confirms it. What
/// comes again after a lost connection and was given before is told by its key, and is not given again.
/// </remarks>
internal sealed partial class Inbox : IDisposable
{
    private const int AcknowledgedTogether = 16;
    private const int AnswerMilliseconds = 2000;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LingerTime = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LostTime = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly RabbitServer _server;
    private readonly string _name;
    private readonly string _queue;
    private readonly bool _isOwn;
    private readonly bool _confirms;
    private readonly Queue<Delivery> _buffer = new();
    private readonly List<Delivery> _toAcknowledge = [];
    private readonly ReceivedKeys _received = new();
    private readonly Dictionary<ulong, Delivery> _pending = [];
    private readonly Dictionary<MessageKey, ulong> _pendingByKey = [];
    private readonly HashSet<MessageKey> _released = [];
    private readonly SemaphoreSlim _receiving = new(1, 1);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _disposed = new();
    private readonly ReadingPace _pace = new();
    private readonly Timer _timer;
    private IChannel? _channel;
    private InboxConsumer? _consumer;
    private Delivery? _end;
    private IpcException? _over;
    private long _most = long.MaxValue;
    private long _read;
    private long _sequence;
    private ulong _position;
    private long _lastUse;

    /// <summary>Creates a receiver.</summary>
    /// <param name="server">Where.</param>
    /// <param name="name">What users call the queue or topic.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="isOwn">Whether nobody else receives from it, and it goes when nobody does.</param>
    /// <param name="confirms">Whether messages stay until the caller confirms them.</param>
    public Inbox(RabbitServer server, string name, string queue, bool isOwn, bool confirms)
    {
        _server = server;
        _name = name;
        _queue = queue;
        _isOwn = isOwn;
        _confirms = confirms;
        _timer = new Timer(static inbox => _ = ((Inbox)inbox!).LookAsync(), this, Timeout.Infinite, Timeout.Infinite);
        Waitable = new InboxWaitable(this);
    }

    /// <summary>What is waited for: a message, or the end.</summary>
    public InboxWaitable Waitable { get; }

    /// <summary>Whether the end was seen: nothing can be sent any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Messages that were given and not confirmed.</summary>
    public int Unconfirmed
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Messages that are in hand and not given yet.</summary>
    public int InHand
    {
        get
        {
            lock (_gate)
            {
                return _buffer.Count(d => !d.IsEnd);
            }
        }
    }

    /// <summary>Asks whether a bounded queue is closed, which may have had no room for the end-of-stream marker; null for others.</summary>
    public Func<Task<bool>>? IsQueueClosed { get; init; }

    /// <summary>Told of each message that is given, by its key.</summary>
    public Action<MessageKey>? Given { get; init; }

    /// <summary>Receives a message; false when there was none in time.</summary>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_receiving.Wait(deadline.Milliseconds(), cancellation))
        {
            return false;
        }

        bool isNow = deadline.Milliseconds() == 0;
        Task<bool>? fetching = null;
        try
        {
            Volatile.Write(ref _lastUse, Environment.TickCount64);
            _pace.Asked();
            while (true)
            {
                if (TryTake(message))
                {
                    _pace.Given();
                    return true;
                }

                fetching = FetchAsync(isNow, deadline, cancellation);
                if (!WaitFor(fetching, isNow, deadline, cancellation))
                {
                    return false;
                }
            }
        }
        finally
        {
            Volatile.Write(ref _lastUse, Environment.TickCount64);
            if (fetching is { IsCompleted: false })
            {
                // It ends by itself; what it brings is in hand for the next call, or goes back.
                _timer.Change(LookInterval, LookInterval);
                fetching.ContinueWith(
                    (f, inbox) =>
                    {
                        _ = f.Exception;
                        ((Inbox)inbox!)._receiving.Release();
                    },
                    this,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
            else
            {
                _receiving.Release();
            }
        }
    }

    /// <summary>Receives one message as a batch.</summary>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation)
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

    /// <summary>Confirms a message that was given; false when that was done before.</summary>
    public bool Confirm(ulong position)
    {
        Delivery? delivery;
        lock (_gate)
        {
            if (!_pending.Remove(position, out delivery))
            {
                return false;
            }

            if (delivery.HasKey)
            {
                _pendingByKey.Remove(delivery.Key);
            }

            if (!ReferenceEquals(delivery.Channel, _channel))
            {
                // The connection was lost: it comes again, and is acknowledged then.
                return true;
            }
        }

        AcknowledgeAlone(delivery);
        return true;
    }

    /// <summary>Gives back a message that was given and is not going to be confirmed: the server delivers it again, here too.</summary>
    public void Release(ulong position)
    {
        Delivery? delivery;
        lock (_gate)
        {
            if (!_pending.Remove(position, out delivery))
            {
                return;
            }

            if (delivery.HasKey)
            {
                _pendingByKey.Remove(delivery.Key);
                _released.Add(delivery.Key);
            }

            if (!ReferenceEquals(delivery.Channel, _channel))
            {
                return; // The connection was lost: it comes again.
            }
        }

        delivery.Consumer?.NoteAcknowledged();
        Tell(delivery.Channel.BasicNackAsync(delivery.Tag, multiple: false, requeue: true));
    }

    /// <summary>Says how many messages will be received one after the other.</summary>
    public void BeginReading(long most)
    {
        _most = most;
        _read = 0;
    }

    /// <summary>Gives back what was fetched and not received.</summary>
    public void EndReading(bool atOnce)
    {
        _most = long.MaxValue;
        Task returning = ReturnAsync();
        if (!atOnce)
        {
            returning.Wait(CloseTime);
        }
    }

    /// <summary>Begins to take messages, for a queue that goes when nobody does.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _receiving.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await ConsumeAsync(await OpenAsync(cancellation).ConfigureAwait(false), ReadingPace.MostAhead).ConfigureAwait(false);
        }
        finally
        {
            _receiving.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IChannel? channel;
        Delivery? last;
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested)
            {
                return;
            }

            // What was given to the caller does not come again.
            last = _end is null ? _toAcknowledge.LastOrDefault() : null;
            _over = new IpcException(IpcErrorKind.Closed, Messages.ServerChannelDisposed.With(_name), _name);
            channel = _channel;
            _channel = null;
            _disposed.Cancel();
        }

        _timer.Dispose();
        _signal.Release();
        Waitable.Wake();
        if (channel is not null)
        {
            CloseAsync(channel, last).Wait(CloseTime);
        }
    }

    /// <summary>Whether a receive would not wait; begins to look where that is not known.</summary>
    internal bool IsReady()
    {
        lock (_gate)
        {
            if (_buffer.Count > 0 || _over is not null || IsClosed || _isRefused)
            {
                return true;
            }

            if (_consumer is not null || _isWatching)
            {
                return false;
            }

            _isWatching = true;
        }

        _ = WatchAsync();
        return false;
    }

    private static async Task CloseAsync(IChannel channel, Delivery? last = null)
    {
        try
        {
            if (last is not null)
            {
                await channel.BasicAckAsync(last.Tag, multiple: true).ConfigureAwait(false);
            }

            await channel.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
        {
            // It was gone.
        }
    }

    /// <summary>Waits for a fetch on the caller's thread; false when the time is up.</summary>
    private bool WaitFor(Task<bool> fetching, bool isNow, Deadline deadline, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(deadline, cancellation, AnswerMilliseconds);
        try
        {
            return fetching.WaitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return _server.IsConnected || !isNow
                ? false
                : throw new IpcException(IpcErrorKind.PeerGone, Messages.ServerConnectionBeingMade.With(_server.Name), _name);
        }
        catch (Exception e) when (RabbitErrors.IsRefusal(e))
        {
            IpcException refused = RabbitErrors.IsNotFound(e)
                ? new IpcException(IpcErrorKind.Closed, Messages.ServerObjectRemoved.With(_name, _server.Name), _name, e)
                : RabbitErrors.Refused(e, _name);
            if (RabbitErrors.IsNotFound(e))
            {
                EndBy(refused);
            }

            throw refused;
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e))
        {
            // The channel is gone, and all that was in hand with it: the next fetch opens another. A server that closes each one is not asked all the time.
            cancellation.WaitHandle.WaitOne(LostTime);
            return !isNow || _server.IsConnected;
        }
    }

    private IpcException Drained() => new(IpcErrorKind.Closed, Messages.ServerQueueDrained.With(_name), _name);
}
