using PSIpc.Core;
using PSIpc.Core.Channels;

namespace PSIpc.RabbitMQ;

/// <summary>Gives the caller what is in hand, each message once.</summary>
internal sealed partial class Inbox
{
    /// <summary>Takes the next message in hand that was not given before.</summary>
    private bool TryTake(ReceivedMessage message)
    {
        while (true)
        {
            Delivery? delivery;
            lock (_gate)
            {
                if (!_buffer.TryDequeue(out delivery))
                {
                    return _over is null ? false : throw new IpcException(_over.Kind, _over.Message, _name, _over);
                }

                if (!ReferenceEquals(delivery.Channel, _channel))
                {
                    continue; // It comes again.
                }
            }

            if (delivery.IsEnd)
            {
                NoteEnd(delivery);
            }
            else if (delivery.HasKey && !WasReleased(delivery.Key) && (_received.Contains(delivery.Key) || IsPending(delivery.Key)))
            {
                TakeAgain(delivery);
            }
            else
            {
                Give(delivery, message);
                return true;
            }
        }
    }

    private void Give(Delivery delivery, ReceivedMessage message)
    {
        delivery.Body.CopyTo(message.Prepare(delivery.Body.Length));
        message.Stamp = delivery.Stamp;
        message.SenderId = delivery.Key.Process;
        message.Sequence = ++_sequence;
        message.DeliveryCount = delivery.Count;
        message.Position = ++_position;
        _read++;
        if (delivery.HasKey)
        {
            _received.Add(delivery.Key);
            Given?.Invoke(delivery.Key);
        }

        if (!_confirms)
        {
            Acknowledge(delivery);
            return;
        }

        lock (_gate)
        {
            _pending[_position] = delivery;
            if (delivery.HasKey)
            {
                _pendingByKey[delivery.Key] = _position;
            }
        }
    }

    /// <summary>A message that was given before the connection was lost: the caller has it still, or had done with it.</summary>
    private void TakeAgain(Delivery delivery)
    {
        lock (_gate)
        {
            if (_pendingByKey.TryGetValue(delivery.Key, out ulong position) && !ReferenceEquals(_pending[position].Channel, _channel))
            {
                _pending[position] = delivery;
                return;
            }
        }

        AcknowledgeAlone(delivery);
    }

    /// <summary>Whether the caller gave it back, so that it is given again.</summary>
    private bool WasReleased(MessageKey key)
    {
        lock (_gate)
        {
            return _released.Remove(key);
        }
    }

    /// <summary>Whether the caller has it and has not confirmed it: more may be so than the keys of the last ones.</summary>
    private bool IsPending(MessageKey key)
    {
        lock (_gate)
        {
            return _pendingByKey.ContainsKey(key);
        }
    }

    private void NoteEnd(Delivery delivery)
    {
        IsClosed = true;
        if (_isOwn)
        {
            AcknowledgeAlone(delivery);
            lock (_gate)
            {
                _over = Drained();
            }
        }
        else if (_end is null)
        {
            _end = delivery;
            _timer.Change(LookInterval, LookInterval); // It goes back when nobody asks for more, so that others see it.
        }
        else
        {
            AcknowledgeAlone(delivery);
        }
    }
}
