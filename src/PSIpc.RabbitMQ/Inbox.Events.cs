using PSIpc.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.RabbitMQ;

/// <summary>What comes from the server by itself: messages, and the end of a consumer or a channel.</summary>
internal sealed partial class Inbox
{
    /// <summary>Takes a message of the server into the hand; on a thread of the library.</summary>
    private void Take(Delivery delivery)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(delivery.Channel, _channel))
            {
                return; // It comes again.
            }

            _buffer.Enqueue(delivery);
        }

        Signal();
        Waitable.Wake();
    }

    /// <summary>Takes a message of a consumer that has ended: the library would drop it, and it would be acknowledged with those that come after it.</summary>
    private void TakeLate(Delivery delivery)
    {
        Take(delivery);
        _timer.Change(LookInterval, LookInterval);
    }

    /// <summary>The server sends no more by itself: the queue was removed, or its node is gone. The next thing that is asked of it says which.</summary>
    private void OnRemoved(InboxConsumer consumer)
    {
        if (ReferenceEquals(_consumer, consumer))
        {
            _consumer = null;
        }

        Signal();
        Waitable.Wake();
        if (_isOwn && !_disposed.IsCancellationRequested)
        {
            _ = RestartAsync();
        }
    }

    private Task OnShutdown(IChannel channel, ShutdownEventArgs reason)
    {
        bool isOurs;
        lock (_gate)
        {
            isOurs = ReferenceEquals(channel, _channel);
            if (isOurs)
            {
                _channel = null;
                Lose();
            }
        }

        Signal();
        Waitable.Wake();
        if (isOurs && _isOwn && !_disposed.IsCancellationRequested && reason.ReplyCode != Constants.NotFound)
        {
            _ = RestartAsync();
        }

        return Task.CompletedTask;
    }

    /// <summary>Takes from its own queue again, before that goes because nobody does.</summary>
    private async Task RestartAsync()
    {
        while (true)
        {
            try
            {
                await StartAsync(_disposed.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e) && !RabbitErrors.IsRefusal(e))
            {
                await RestAsync().ConfigureAwait(false); // Lost again meanwhile.
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException or IpcException)
            {
                return; // The next receive says what is wrong.
            }
        }
    }

    /// <summary>Forgets what was in hand on a channel that is gone: it comes again. Under the lock.</summary>
    private void Lose()
    {
        _buffer.Clear();
        _toAcknowledge.Clear();
        _consumer = null;
        _end = null;
    }

    private void Signal()
    {
        if (_signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }
}
