using System.Text.RegularExpressions;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>Sends messages to an exchange in their order, many of them unconfirmed at a time, and again those that were when a connection was lost.</summary>
/// <remarks>
/// One task publishes. All messages whose outcome is not known are in one list, in their order; on a new channel those that were published are published again
/// with the same keys, by which receivers know them. Where the server may refuse a message, one is under way at a time: the next one must not overtake a
/// refused one. That is a queue that may have no room, and any queue as long as a channel has had nothing confirmed: a quorum queue without a leader refuses
/// the first messages of a channel, while later it keeps them until there is a leader.
/// </remarks>
internal sealed partial class Publisher : IDisposable
{
    private const int Window = 1024;
    private const long WindowBytes = 16 << 20;
    private const int LargestMessage = 128 << 20;

    private const int RoomMilliseconds = 20;
    private const int ClosedMilliseconds = 200;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LostPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MisledTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan VerdictTime = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly RabbitServer _server;
    private readonly string _name;
    private readonly string _exchange;
    private readonly string _routingKey;
    private readonly bool _isMandatory;
    private readonly bool _isBounded;
    private readonly ulong _sender = MessageKey.NewSender();
    private readonly LinkedList<OutgoingMessage> _underWay = [];
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _disposed = new();
    private IChannel? _channel;
    private LinkedListNode<OutgoingMessage>? _next;
    private ulong _published;
    private long _bytes;
    private long _number;
    private long _room;
    private long _askedAt;
    private long _lookedAt;
    private bool _isRunning;
    private bool _isProved;
    private long _refusedSince;
    private bool _isMixed;

    /// <summary>Creates a sender.</summary>
    /// <param name="server">Where.</param>
    /// <param name="name">What users call the queue or topic.</param>
    /// <param name="exchange">Where messages are sent.</param>
    /// <param name="routingKey">By which they get further.</param>
    /// <param name="isMandatory">Whether it is an error when they get nowhere.</param>
    /// <param name="isBounded">Whether the server may refuse them for want of room.</param>
    public Publisher(RabbitServer server, string name, string exchange, string routingKey, bool isMandatory, bool isBounded)
    {
        _server = server;
        _name = name;
        _exchange = exchange;
        _routingKey = routingKey;
        _isMandatory = isMandatory;
        _isBounded = isBounded;
    }

    /// <summary>The most messages that may be in the queue, which then has the sender's name; 0 for no limit.</summary>
    public long MaxCount { get; init; }

    /// <summary>Asks whether the queue is closed, where there is a <see cref="MaxCount"/>.</summary>
    public Func<Task<bool>> IsQueueClosed { get; init; } = static () => Task.FromResult(false);

    /// <summary>Whether the server may refuse messages for want of room.</summary>
    public bool IsBounded => _isBounded;

    /// <summary>Messages that the server has of this sender.</summary>
    public long Sent { get; private set; }

    /// <summary>Whether the server found the queue closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Sends a message and waits until the server has it; false when there was no room in time.</summary>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        OutgoingMessage message = Post(body, stamp, tag: null, deadline, cancellation);
        try
        {
            WaitFor(message, cancellation);
        }
        catch (OperationCanceledException)
        {
            Abandon([message]);
            throw;
        }

        return message.Error is null ? message.IsSent : throw message.Error;
    }

    /// <summary>Sends messages and waits until the server has them; how many of the first it has when the time was up.</summary>
    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation)
    {
        var pipeline = new SendPipeline(this);
        int sent = 0;
        try
        {
            foreach (int length in lengths)
            {
                pipeline.Post(bodies[..length], stamp, tag: null, deadline, cancellation);
                bodies = bodies[length..];
            }

            while (pipeline.TryTake(wait: true, out SettledMessage settled, cancellation))
            {
                if (!settled.IsSent)
                {
                    return settled.Error is null ? sent : throw settled.Error;
                }

                sent++;
            }
        }
        finally
        {
            pipeline.Abandon(); // What is left after an end in the middle.
        }

        return sent;
    }

    /// <summary>Takes a message, waiting while too many are under way.</summary>
    public OutgoingMessage Post(ReadOnlySpan<byte> body, MessageStamp stamp, object? tag, Deadline deadline, CancellationToken cancellation)
    {
        if (body.Length > LargestMessage)
        {
            throw TooLarge(body.Length);
        }

        byte[] copy = body.ToArray();
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested)
            {
                throw Closed();
            }

            bool hasRoom = Wait(() => _underWay.Count < Window && (_bytes < WindowBytes || _underWay.Count == 0), OrVerdict(deadline), cancellation);
            var message = new OutgoingMessage(new MessageKey(_sender, Environment.ProcessId, _number + 1), copy, stamp, tag, deadline);
            if (!hasRoom)
            {
                message.Settle(isSent: false, NotConnected());
                return message;
            }

            _number++; // Receivers count what is missing.
            _underWay.AddLast(message);
            _bytes += copy.Length;
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Task.Run(RunAsync, CancellationToken.None);
            }

            Wake();
            return message;
        }
    }

    /// <summary>Waits until the outcome of a message is known; a time that is over in between is one.</summary>
    public void WaitFor(OutgoingMessage message, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (Wait(() => message.IsSettled, OrVerdict(message.Deadline), cancellation))
            {
                return;
            }

            bool mayBeThere = message.DeliveryTag != 0 || message.MayBeThere;
            message.Settle(isSent: false, mayBeThere ? Unanswered() : _channel is null ? NotConnected() : null);
            message.IsAbandoned = true;
            Remove(message);
        }
    }

    /// <summary>Whether the outcome of a message is known.</summary>
    public bool IsSettled(OutgoingMessage message)
    {
        lock (_gate)
        {
            return message.IsSettled;
        }
    }

    /// <summary>Gives up messages: what has not left this process is not sent, and nothing is sent again.</summary>
    public void Abandon(IEnumerable<OutgoingMessage> messages)
    {
        lock (_gate)
        {
            foreach (OutgoingMessage message in messages.Where(m => !m.IsSettled))
            {
                message.IsAbandoned = true;
                if (message.DeliveryTag == 0)
                {
                    message.Settle(isSent: false);
                    Remove(message);
                }
            }
        }
    }

    /// <summary>Ends it; what is under way stays unknown.</summary>
    public void Dispose()
    {
        IChannel? channel;
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested)
            {
                return;
            }

            _disposed.Cancel();
            channel = _channel;
            _channel = null;
            SettleAll(() => new IpcException(IpcErrorKind.Closed, Messages.ServerChannelDisposedWhileSending.With(_name), _name));
        }

        if (channel is not null)
        {
            _ = CloseAsync(channel);
        }
    }

    /// <summary>Whoever does not wait for room waits for the server's answer all the same.</summary>
    private static Deadline OrVerdict(Deadline deadline) => deadline.IsOver ? Deadline.After(VerdictTime) : deadline;

    private async Task WaitForWorkAsync()
    {
        try
        {
            lock (_gate)
            {
                if (_underWay.Count > 0)
                {
                    return;
                }
            }

            await _work.WaitAsync(_disposed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    /// <summary>Waits under the lock; false when the time is up.</summary>
    private bool Wait(Func<bool> isMet, Deadline deadline, CancellationToken cancellation)
    {
        if (isMet())
        {
            return true;
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static gate => Task.Run(() =>
        {
            lock (gate!)
            {
                Monitor.PulseAll(gate);
            }
        }), _gate);
        while (!isMet())
        {
            cancellation.ThrowIfCancellationRequested();
            if (_disposed.IsCancellationRequested)
            {
                throw Closed();
            }

            if (deadline.IsOver)
            {
                return false;
            }

            Monitor.Wait(_gate, deadline.Milliseconds());
        }

        return true;
    }

    private static async Task CloseAsync(IChannel channel)
    {
        try
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
        {
            // It was gone.
        }
    }

    private IpcException Closed()
    {
        IsClosed = true;
        return new IpcException(IpcErrorKind.Closed, Messages.ServerChannelClosed.With(_name, _server.Name), _name);
    }

    private IpcException TooLarge(long size) =>
        new(IpcErrorKind.MessageTooLarge, Messages.ServerMessageTooLarge.With(size), _name);

    private IpcException Unanswered() =>
        new(IpcErrorKind.Timeout, Messages.ServerConfirmTimedOut.With(_server.Name, _name), _name);

    private IpcException NotConnected() =>
        new(IpcErrorKind.Timeout, Messages.ServerConnectionLostNotSent.With(_server.Name), _name);

    [GeneratedRegex(@"message size (?<size>\d+)")]
    private static partial Regex SizeRefused();
}
