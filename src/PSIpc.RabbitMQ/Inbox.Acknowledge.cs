using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>What the server is told of messages that were given: when, and how many at a time.</summary>
internal sealed partial class Inbox
{
    /// <summary>Acknowledges a message, together with others where they come fast.</summary>
    private void Acknowledge(Delivery delivery)
    {
        if (!_isOwn && _consumer is { Ahead: 1 })
        {
            // Before the server sends the next one, which others could have.
            StopConsumer();
        }

        bool isLast;
        lock (_gate)
        {
            if (!ReferenceEquals(delivery.Channel, _channel))
            {
                return; // It comes again, and is known by its key.
            }

            _toAcknowledge.Add(delivery);
            isLast = _buffer.Count == 0 || _toAcknowledge.Count >= AcknowledgedTogether;

        }

        if (isLast)
        {
            AcknowledgeNow(isOver: false);
        }
    }

    /// <summary>Acknowledges what was given.</summary>
    /// <param name="isOver">Whether no more is asked for; else not so much that the server sends more than will be.</param>
    private void AcknowledgeNow(bool isOver = true)
    {
        IChannel? channel;
        Delivery[] taken;
        lock (_gate)
        {
            channel = _channel;
            int count = isOver || _consumer is null || _most == long.MaxValue ? _toAcknowledge.Count : CountThatMayGo(_consumer);
            taken = [.. _toAcknowledge.Take(count)];
            _toAcknowledge.RemoveRange(0, count);
        }

        if (channel is null || taken.Length == 0)
        {
            return;
        }

        Array.ForEach(taken, d => d.Consumer?.NoteAcknowledged());

        // The mark of the end stays with the server: what came after it is acknowledged one by one.
        if (_end is null)
        {
            Tell(channel.BasicAckAsync(taken[^1].Tag, multiple: true));
        }
        else
        {
            Array.ForEach(taken, d => Tell(channel.BasicAckAsync(d.Tag, multiple: false)));
        }
    }

    /// <summary>How many of what was given may be acknowledged, so that the server sends no more than will be asked for.</summary>
    private int CountThatMayGo(InboxConsumer consumer)
    {
        int count = 0;
        foreach (Delivery delivery in _toAcknowledge)
        {
            if (ReferenceEquals(delivery.Consumer, consumer) && !consumer.TryTakeCredit())
            {
                break;
            }

            count++;
        }

        return count;
    }

    private void StopConsumer()
    {
        try
        {
            StopConsumerAsync().GetAwaiter().GetResult();
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
        {
            // The channel is gone, and the consumer with it.
        }
    }

    /// <summary>Acknowledges one message by itself.</summary>
    private static void AcknowledgeAlone(Delivery delivery)
    {
        delivery.Consumer?.NoteAcknowledged();
        Tell(delivery.Channel.BasicAckAsync(delivery.Tag, multiple: false));
    }

    /// <summary>Waits until the library has taken what the server is to be told; a lost channel takes nothing more, and what was to be told comes again.</summary>
    private static void Tell(ValueTask telling)
    {
        try
        {
            telling.AsTask().GetAwaiter().GetResult();
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
        {
            // The message comes again, and is known by its key.
        }
    }
}
