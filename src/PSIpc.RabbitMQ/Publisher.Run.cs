using System.Diagnostics;
using PSIpc.Core;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>The one task that publishes: on which channel, what next, and whether there is room for it.</summary>
internal sealed partial class Publisher
{
    private async Task RunAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                IChannel channel = await OpenAsync().ConfigureAwait(false);
                while (channel.IsOpen && !IsMisled)
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

    /// <summary>
    /// Whether the channel has had nothing but refusals for some time. One that was opened while a quorum queue changed its leader asks the former one, whose node
    /// is gone, for as long as it is open (rabbit_fifo_client in RabbitMQ); the next channel asks the new one. Where a queue is full, a new channel does no harm.
    /// </summary>
    private bool IsMisled
    {
        get
        {
            lock (_gate)
            {
                return !_isProved && _refusedSince != 0 && Stopwatch.GetElapsedTime(_refusedSince) > MisledTime;
            }
        }
    }

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
            _refusedSince = 0;
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
}
