using System.Globalization;
using System.Text.RegularExpressions;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

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

    private async Task RunAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                IChannel channel = await OpenAsync().ConfigureAwait(false);
                while (channel.IsOpen)
                {
                    if (MaxCount > 0 && !await HasRoomAsync(channel).ConfigureAwait(false))
                    {
                        RestFirst();
                    }

                    if (TakeNext(channel) is { } next)
                    {
                        await channel.BasicPublishAsync(_exchange, _routingKey, _isMandatory, next.Properties, next.Body, _disposed.Token).ConfigureAwait(false);
                    }
                    else
                    {
                        await _work.WaitAsync(_disposed.Token).ConfigureAwait(false);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Disposed; else the server gave no answer for long, and what is under way goes through the next channel.
            }
            catch (IpcException e)
            {
                lock (_gate)
                {
                    SettleAll(() => new IpcException(e.Kind, e.Message, _name, e));
                }

                await WaitForWorkAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e))
            {
                // The channel is gone; OnShutdown says why, and what is under way goes through the next one.
                await Task.Delay(LostPause).ConfigureAwait(false); // A server that closes each one is not asked all the time.
            }
        }
    }

    /// <summary>Whether the queue may have one more message: it is asked for how many there are when as many as there was room for were sent, or some time ago.</summary>
    private async Task<bool> HasRoomAsync(IChannel channel)
    {
        lock (_gate)
        {
            if (_underWay.First is not { Value: { DeliveryTag: 0, IsResting: false } })
            {
                return true; // Nothing is to be sent now.
            }
        }

        if (_room <= 0 || Environment.TickCount64 - _askedAt > RoomMilliseconds)
        {
            _room = await QueueDepth.AskAsync(channel, _name, _disposed.Token).ConfigureAwait(false) is { } count ? MaxCount - count : 0;
            _askedAt = Environment.TickCount64;
        }

        if (_room > 0)
        {
            _room--;
            return true;
        }

        // Full, or closed: the mark of its end is a message too.
        if (Environment.TickCount64 - _lookedAt > ClosedMilliseconds)
        {
            _lookedAt = Environment.TickCount64;
            if (await IsQueueClosed().ConfigureAwait(false))
            {
                lock (_gate)
                {
                    SettleAll(Closed);
                }
            }
        }

        return false;
    }

    /// <summary>Has the first message wait for room; one that does not wait is not sent.</summary>
    private void RestFirst()
    {
        lock (_gate)
        {
            if (_underWay.First is { Value: { DeliveryTag: 0, IsResting: false } message })
            {
                Settle(message, isTaken: false);
            }
        }
    }

    /// <summary>The next message to be published, which has its number from here on; null when there is none, or it may not go yet.</summary>
    private OutgoingMessage? TakeNext(IChannel channel)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(channel, _channel))
            {
                return null;
            }

            for (LinkedListNode<OutgoingMessage>? node = FirstUnpublished(); node is not null; node = node.Next)
            {
                if (node.Value.DeliveryTag == 0)
                {
                    if (node.Value.IsResting || ((_isBounded || !_isProved) && node.Previous is not null))
                    {
                        return null;
                    }

                    node.Value.DeliveryTag = ++_published;
                    _next = node.Next;
                    return node.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Where the unpublished messages begin: most often the one after the last that was published.</summary>
    private LinkedListNode<OutgoingMessage>? FirstUnpublished() => _next is { List: not null } known ? known : _underWay.First;

    private async Task<IChannel> OpenAsync()
    {
        IChannel channel = await _server.OpenChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), _disposed.Token)
            .ConfigureAwait(false);
        IChannel? former;
        lock (_gate)
        {
            bool isDisposed = _disposed.IsCancellationRequested;
            former = isDisposed ? channel : _channel;
            _channel = isDisposed ? null : channel;
            _published = 0;
            _isProved = false;
            _isMixed = false;
            _next = null;
            foreach (OutgoingMessage message in _underWay.ToArray())
            {
                message.MayBeThere |= message.DeliveryTag != 0;
                message.DeliveryTag = 0;
                message.IsReturned = false;
                if (message.IsAbandoned)
                {
                    Remove(message);
                }
            }
        }

        if (former is not null)
        {
            _ = CloseAsync(former);
        }

        channel.BasicAcksAsync += (_, e) => Confirm(channel, e.DeliveryTag, e.Multiple, isTaken: true);
        channel.BasicNacksAsync += (_, e) => Confirm(channel, e.DeliveryTag, e.Multiple, isTaken: false);
        channel.BasicReturnAsync += (_, e) => NoteReturn(e.BasicProperties.MessageId);
        channel.ChannelShutdownAsync += (_, e) => OnShutdown(channel, e);
        return channel;
    }

    private Task Confirm(IChannel channel, ulong tag, bool multiple, bool isTaken)
    {
        lock (_gate)
        {
            if (ReferenceEquals(channel, _channel))
            {
                // Not in the order of their numbers: a message that was refused has a later one.
                LinkedListNode<OutgoingMessage>? next;
                for (LinkedListNode<OutgoingMessage>? node = _underWay.First; node is not null && (_isMixed || node.Value.DeliveryTag <= tag); node = next)
                {
                    next = node.Next;
                    bool isIt = node.Value.DeliveryTag == tag;
                    if (isIt || (multiple && node.Value.DeliveryTag != 0 && node.Value.DeliveryTag < tag))
                    {
                        Settle(node.Value, isTaken);
                    }

                    if (isIt && !multiple)
                    {
                        break;
                    }
                }

                if (isTaken && !_isProved)
                {
                    _isProved = true;
                    Wake();
                }

                Monitor.PulseAll(_gate);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Notes the server's answer; under the lock.</summary>
    private void Settle(OutgoingMessage message, bool isTaken)
    {
        if (isTaken || message.IsAbandoned || message.Deadline.IsOver)
        {
            IpcException? error = message.IsReturned ? Closed() : null;
            Sent += isTaken && error is null ? 1 : 0;
            message.Settle(isTaken && error is null, error);
            Remove(message);
        }
        else
        {
            // No room: again in a moment, until its time is over. Where others are under way behind it, the numbers are not in the order of the list from then on.
            message.DeliveryTag = 0;
            _isMixed |= !_isBounded;
            message.IsResting = true;
            _next = null;
            _ = TryAgainAsync(message);
        }

        if (_isBounded)
        {
            Wake();
        }
    }

    private async Task TryAgainAsync(OutgoingMessage message)
    {
        await Task.Delay(RetryPause).ConfigureAwait(false);
        lock (_gate)
        {
            message.IsResting = false;
            Wake();
        }
    }

    private void Wake()
    {
        if (_work.CurrentCount == 0)
        {
            _work.Release();
        }
    }

    private Task NoteReturn(string? id)
    {
        if (MessageKey.TryParse(id, out MessageKey key) && key.Sender == _sender)
        {
            lock (_gate)
            {
                foreach (OutgoingMessage message in _underWay)
                {
                    if (message.Key == key)
                    {
                        message.IsReturned = true;
                        break;
                    }
                }
            }
        }

        return Task.CompletedTask;
    }

    private Task OnShutdown(IChannel channel, ShutdownEventArgs reason)
    {
        lock (_gate)
        {
            if (ReferenceEquals(channel, _channel))
            {
                _channel = null;
                if (reason.Initiator == ShutdownInitiator.Peer)
                {
                    NoteRefusal(reason);
                }

                Monitor.PulseAll(_gate);
            }

            Wake();
        }

        return Task.CompletedTask;
    }

    /// <summary>What the server closed the channel for: something is not there any more, is not allowed, or a message is too large.</summary>
    private void NoteRefusal(ShutdownEventArgs reason)
    {
        if (reason.ReplyCode == Constants.NotFound)
        {
            SettleAll(Closed);
        }
        else if (reason.ReplyCode == Constants.AccessRefused)
        {
            SettleAll(() => new IpcException(IpcErrorKind.PermissionDenied, Messages.ServerSendNotPermitted.With(_name, reason.ReplyText), _name));
        }
        else if (SizeRefused().Match(reason.ReplyText) is { Success: true } match)
        {
            long size = long.Parse(match.Groups["size"].Value, CultureInfo.InvariantCulture);
            if (_underWay.FirstOrDefault(m => m.Body.Length == size) is { } tooLarge)
            {
                tooLarge.Settle(isSent: false, TooLarge(size));
                Remove(tooLarge);
            }
        }
        else if (reason.ReplyCode is >= Constants.NoConsumers and < Constants.InternalError and not Constants.ConnectionForced)
        {
            SettleAll(() => new IpcException(IpcErrorKind.NotSupported, Messages.ServerRefusesMessages.With(_name, reason.ReplyText), _name));
        }
    }

    private void SettleAll(Func<IpcException> error)
    {
        foreach (OutgoingMessage message in _underWay)
        {
            message.Settle(isSent: false, error());
        }

        _underWay.Clear();
        _bytes = 0;
        _next = null;
        Monitor.PulseAll(_gate);
    }

    private void Remove(OutgoingMessage message)
    {
        if (_underWay.First?.Value == message)
        {
            Forget(_underWay.First);
        }
        else if (_underWay.Find(message) is { } node)
        {
            Forget(node);
        }
    }

    private void Forget(LinkedListNode<OutgoingMessage> node)
    {
        if (_next == node)
        {
            _next = node.Next;
        }

        _underWay.Remove(node);
        _bytes -= node.Value.Body.Length;
        Monitor.PulseAll(_gate);
    }

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
