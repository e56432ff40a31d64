using PSIpc.Core;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>What goes back to the queue: what was fetched and nobody asked for.</summary>
internal sealed partial class Inbox
{
    /// <summary>Puts the mark of the end back, for other receivers.</summary>
    private async Task GiveBackEndAsync()
    {
        if (_end is { } end)
        {
            AcknowledgeNow();
            _end = null;
            if (ReferenceEquals(end.Channel, _channel))
            {
                await end.Channel.BasicNackAsync(end.Tag, multiple: false, requeue: true, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives back what is in hand and was not given to the caller.</summary>
    private async Task ReturnAsync()
    {
        await _receiving.WaitAsync().ConfigureAwait(false);
        try
        {
            await ReturnHeldAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException or IpcException)
        {
            // A lost channel gives all back by itself.
        }
        finally
        {
            _receiving.Release();
        }
    }

    private async Task ReturnHeldAsync()
    {
        if (_isOwn)
        {
            AcknowledgeNow();
            return;
        }

        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        await StopConsumerAsync().ConfigureAwait(false);
        AcknowledgeNow();
        await GiveBackEndAsync().ConfigureAwait(false);
        Delivery[] held;
        IChannel? channel;
        lock (_gate)
        {
            channel = _channel;
            held = [.. _buffer.Where(d => ReferenceEquals(d.Channel, channel))];
            _buffer.Clear();
        }

        if (!_confirms)
        {
            // All before them are acknowledged. The server keeps the order of so few together, not of more, and not of many single ones.
            foreach (Delivery[] some in held.Chunk(InOrderTogether))
            {
                await channel!.BasicNackAsync(some[^1].Tag, multiple: true, requeue: true, CancellationToken.None).ConfigureAwait(false);
            }

            return;
        }

        foreach (Delivery delivery in held)
        {
            await channel!.BasicNackAsync(delivery.Tag, multiple: false, requeue: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>From time to time while something is in hand: gives it back when nobody asks for it.</summary>
    private async Task LookAsync()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _lastUse) < LingerTime.TotalMilliseconds || Waitable.IsWaitedFor || !_receiving.Wait(0))
        {
            return;
        }

        try
        {
            await ReturnHeldAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException or IpcException)
        {
            // A lost channel gives all back by itself.
        }
        finally
        {
            _receiving.Release();
        }
    }
}
