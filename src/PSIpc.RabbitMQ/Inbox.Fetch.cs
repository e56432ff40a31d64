using PSIpc.Core;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>How messages come into the hand: what is asked of the server, by whoever has the right to receive.</summary>
internal sealed partial class Inbox
{
    private const int InOrderTogether = 32;

    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RestTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxLook = TimeSpan.FromSeconds(5);

    private bool _isWatching;
    private volatile bool _isRefused;

    private bool HasAny
    {
        get
        {
            lock (_gate)
            {
                return _buffer.Count > 0;
            }
        }
    }

    /// <summary>Sees to it that there is a message in hand, or that the caller looks again; false when the time is up.</summary>
    private async Task<bool> FetchAsync(bool isNow, Deadline deadline, CancellationToken cancellation)
    {
        IChannel channel;
        using (var limit = new TimeLimit(deadline, cancellation, _server.IsConnected ? AnswerMilliseconds : 0))
        {
            channel = await OpenAsync(limit.Token).ConfigureAwait(false);
        }

        _isRefused = false;
        int ahead = WantedAhead();
        if (_isOwn || (ahead > 1 && _end is null))
        {
            await ConsumeAsync(channel, ahead).ConfigureAwait(false);
            if (!isNow)
            {
                return await WaitForAnyAsync(channel, deadline, cancellation).ConfigureAwait(false);
            }

            // What the server has is on its way.
            if (await AnswerAsync(channel, QueueDepth.AskAsync(channel, _queue, CancellationToken.None)).ConfigureAwait(false) > 0 && await WaitForAnyAsync(channel, Deadline.After(CloseTime), cancellation).ConfigureAwait(false))
            {
                return true;
            }
        }

        await StopConsumerAsync().ConfigureAwait(false);
        if (HasAny || await GetAsync(channel).ConfigureAwait(false))
        {
            return true;
        }

        if (_isOwn)
        {
            // Its queue goes when nobody takes from it.
            await ConsumeAsync(channel, ReadingPace.MostAhead).ConfigureAwait(false);
            return false;
        }

        if (_end is not null || IsClosed || await IsDrainedAsync(channel).ConfigureAwait(false))
        {
            await GiveBackEndAsync().ConfigureAwait(false);
            throw Drained();
        }

        return !isNow && await WaitForOneAsync(channel, deadline, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether a queue that may have no end-of-stream marker is closed, and has nothing more.</summary>
    private async Task<bool> IsDrainedAsync(IChannel channel)
    {
        // In this order: nothing comes into a closed queue.
        bool isDrained = IsQueueClosed is { } isQueueClosed
            && await isQueueClosed().ConfigureAwait(false)
            && await AnswerAsync(channel, QueueDepth.AskAsync(channel, _queue, CancellationToken.None)).ConfigureAwait(false) == 0
            && !HasAny;
        IsClosed |= isDrained;
        return isDrained;
    }

    /// <summary>Waits for one message, and no more: before it is acknowledged, no more are asked for.</summary>
    private async Task<bool> WaitForOneAsync(IChannel channel, Deadline deadline, CancellationToken cancellation)
    {
        await ConsumeAsync(channel, 1).ConfigureAwait(false);
        try
        {
            await WaitForAnyAsync(channel, deadline, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await StopConsumerAsync().ConfigureAwait(false);
        }

        return HasAny || !channel.IsOpen;
    }

    /// <summary>How many more will be asked for than are in hand.</summary>
    private long Left
    {
        get
        {
            lock (_gate)
            {
                return _most == long.MaxValue ? long.MaxValue : _most - _read - _buffer.Count;
            }
        }
    }

    private int WantedAhead()
    {
        long left = Left;
        int ahead = (int)Math.Clamp(Math.Min(_pace.Ahead, left), 1, ReadingPace.MostAhead);

        // Messages that wait for their confirmation count for the server as taken ahead.
        return _confirms && 2 * Unconfirmed >= ahead ? 1 : ahead;
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_channel is { IsOpen: true } open)
            {
                return open;
            }

            if (_over is not null)
            {
                throw new IpcException(_over.Kind, _over.Message, _name, _over);
            }
        }

        IChannel channel = await _server.OpenChannelAsync(options: null, cancellation).ConfigureAwait(false);
        channel.ChannelShutdownAsync += (_, reason) => OnShutdown(channel, reason);
        channel.DefaultConsumer = new InboxConsumer(channel, TakeLate, static _ => { }, credit: 0);
        lock (_gate)
        {
            if (!_disposed.IsCancellationRequested)
            {
                Lose();
                _channel = channel;
                return channel;
            }
        }

        await CloseAsync(channel).ConfigureAwait(false);
        throw new IpcException(_over!.Kind, _over.Message, _name, _over);
    }

    /// <summary>Waits for the server's answer. On a channel that gave none for long, a message could still come that nobody would take: it is given up, and gives all back.</summary>
    private async Task<T> AnswerAsync<T>(IChannel channel, Task<T> asking)
    {
        try
        {
            return await asking.ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            lock (_gate)
            {
                if (ReferenceEquals(channel, _channel))
                {
                    _channel = null;
                    Lose();
                }
            }

            _ = CloseAsync(channel);
            if (_isOwn && !_disposed.IsCancellationRequested)
            {
                _ = RestartAsync();
            }

            throw new TimeoutException(Messages.ServerSilent, e);
        }
    }

    private async Task AnswerAsync(IChannel channel, Task asking)
    {
        async Task<bool> Asking()
        {
            await asking.ConfigureAwait(false);
            return true;
        }

        await AnswerAsync(channel, Asking()).ConfigureAwait(false);
    }

    /// <summary>Has the server send messages, so many ahead or about so many.</summary>
    private async Task ConsumeAsync(IChannel channel, int ahead)
    {
        const int Near = 8;
        if (_consumer is { } present)
        {
            bool isNear = _isOwn || (ahead <= Near * present.Ahead && present.Ahead <= Near * ahead && (ahead == 1) == (present.Ahead == 1));
            if (isNear && (!present.IsFull || HasAny))
            {
                return;
            }

            // A full one brings nothing more: what holds it up is not confirmed, or was acknowledged for fewer readings than there are.
            await StopConsumerAsync().ConfigureAwait(false);
            if (!HasAny)
            {
                AcknowledgeNow();
            }
        }

        long left = _isOwn ? long.MaxValue : Left;
        if (left <= 0 && HasAny)
        {
            return; // All that is asked for came in the meantime.
        }

        ahead = (int)Math.Clamp(left, 1, ahead); // Who asks for a message wants one, whatever others on this handle have read.
        var consumer = new InboxConsumer(channel, Take, OnRemoved, credit: left == long.MaxValue ? long.MaxValue : left - ahead) { Ahead = (ushort)ahead };
        await AnswerAsync(channel, channel.BasicQosAsync(0, consumer.Ahead, global: false, CancellationToken.None)).ConfigureAwait(false);
        lock (_gate)
        {
            if (!ReferenceEquals(channel, _channel))
            {
                return; // Lost meanwhile. A consumer that is noted now would be forgotten by nobody.
            }

            _consumer = consumer;
        }

        consumer.Tag = await AnswerAsync(channel, channel.BasicConsumeAsync(
            _queue, autoAck: false, consumerTag: "", noLocal: false, exclusive: false, arguments: null, consumer, CancellationToken.None)).ConfigureAwait(false);
        if (!_isOwn)
        {
            _timer.Change(LookInterval, LookInterval);
        }
    }

    /// <summary>Has the server send no more; what it sent is in hand then.</summary>
    /// <remarks>Nobody sleeps without something under way that will wake him: who waits for a message looks again, and begins to watch.</remarks>
    private async Task StopConsumerAsync()
    {
        if (_consumer is not { } consumer)
        {
            return;
        }

        // What is on its way when it is cancelled goes back behind what is taken next: so nothing may be on its way. Nothing is acknowledged meanwhile, and
        // the server stops sending by itself.
        IChannel channel = consumer.Channel;
        while (channel.IsOpen && !consumer.IsFull && await _signal.WaitAsync(QuietTime).ConfigureAwait(false))
        {
        }

        _consumer = null;
        if (channel.IsOpen && !consumer.Ended.IsCompleted)
        {
            await AnswerAsync(channel, channel.BasicCancelAsync(consumer.Tag, noWait: false, CancellationToken.None)).ConfigureAwait(false);
            await consumer.Ended.ConfigureAwait(false);
        }

        Waitable.Wake();
    }

    private async Task<bool> GetAsync(IChannel channel)
    {
        BasicGetResult? got = await AnswerAsync(channel, channel.BasicGetAsync(_queue, autoAck: false, CancellationToken.None)).ConfigureAwait(false);
        if (got is null)
        {
            return false;
        }

        Take(new Delivery(channel, got.DeliveryTag, got.Redelivered, got.BasicProperties, got.Body.Span));
        return true;
    }

    /// <summary>Waits for a message; true also when the channel is gone, and the caller is to look again.</summary>
    private async Task<bool> WaitForAnyAsync(IChannel channel, Deadline deadline, CancellationToken cancellation)
    {
        TimeSpan look = FirstLook;
        while (!HasAny)
        {
            if (!channel.IsOpen || _disposed.IsCancellationRequested || _consumer is null)
            {
                return true;
            }

            if (deadline.IsOver)
            {
                return false;
            }

            int longest = IsQueueClosed is null ? deadline.Milliseconds() : deadline.Milliseconds((int)look.TotalMilliseconds);
            if (!await _signal.WaitAsync(longest, cancellation).ConfigureAwait(false) && IsQueueClosed is not null && !deadline.IsOver)
            {
                look = MaxLook;
                if (await IsDrainedAsync(channel).ConfigureAwait(false))
                {
                    throw Drained();
                }
            }
        }

        return true;
    }

    /// <summary>Has the server send one message, for those who wait for one without taking it.</summary>
    private async Task WatchAsync()
    {
        await _receiving.WaitAsync().ConfigureAwait(false);
        try
        {
            IChannel channel = await OpenAsync(_disposed.Token).ConfigureAwait(false);
            if (_consumer is null && !HasAny)
            {
                await ConsumeAsync(channel, _isOwn ? ReadingPace.MostAhead : 1).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.PeerGone)
        {
            await RestAsync().ConfigureAwait(false);
        }
        catch (IpcException e)
        {
            EndBy(e);
        }
        catch (Exception e) when (RabbitErrors.IsNotFound(e))
        {
            EndBy(new IpcException(IpcErrorKind.Closed, Messages.ServerObjectRemoved.With(_name, _server.Name), _name, e));
        }
        catch (Exception e) when (RabbitErrors.IsRefusal(e))
        {
            _isRefused = true; // Who receives is told why.
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e))
        {
            await RestAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _isWatching = false;
            }

            Volatile.Write(ref _lastUse, Environment.TickCount64);
            _receiving.Release();
            Waitable.Wake();
        }
    }

    /// <summary>A pause after something failed that is tried again, so that a server that cannot do it now is not asked all the time.</summary>
    private Task RestAsync() => Task.Delay(RestTime, _disposed.Token).ContinueWith(
        static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void EndBy(IpcException reason)
    {
        lock (_gate)
        {
            _over ??= reason;
        }
    }
}
