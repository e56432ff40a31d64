using System.Diagnostics;
using System.Globalization;
using PSIpc.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.RabbitMQ;

/// <summary>What became of messages: the server took or refused them, found nobody to give them to, or closed the channel because of them.</summary>
internal sealed partial class Publisher
{
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

                if (!isTaken && _refusedSince == 0)
                {
                    _refusedSince = Stopwatch.GetTimestamp();
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
}
