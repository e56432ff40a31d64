using System.Diagnostics;
using System.Globalization;
using PSIpc.Core;
using PSIpc.Core.Pools.Remote;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>Publishes the messages of a pool's end in their order on one channel, knows which the broker has not confirmed, and hands back those that no queue took.</summary>
internal sealed class ConfirmedPublisher
{
    private static readonly BasicProperties Transient = new() { DeliveryMode = DeliveryModes.Transient };

    private readonly object _gate = new();
    private readonly Queue<RoutedMessage> _messages = new();
    private readonly Dictionary<ulong, (RoutedMessage Message, long At)> _unconfirmed = [];
    private readonly IChannel _channel;
    private readonly string _pool;
    private readonly Action<Exception> _onFailure;
    private ulong _last;
    private ulong _first = 1;
    private bool _isPublishing;

    /// <param name="channel">A channel with confirmations.</param>
    /// <param name="pool">The pool's name.</param>
    /// <param name="onReturn">Takes a message that no queue took.</param>
    /// <param name="onFailure">Called when the broker could not keep a message, or the connection takes none.</param>
    public ConfirmedPublisher(IChannel channel, string pool, Func<RoutedMessage, Task> onReturn, Action<Exception> onFailure)
    {
        _channel = channel;
        _pool = pool;
        _onFailure = onFailure;
        channel.BasicAcksAsync += (_, e) =>
        {
            Confirm(e.DeliveryTag, e.Multiple);
            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, _) =>
        {
            onFailure(new IOException(Messages.ServerSilent));
            return Task.CompletedTask;
        };
        channel.BasicReturnAsync += (_, e) => TryFind(e.BasicProperties.MessageId, out RoutedMessage? message) ? onReturn(message!) : Task.CompletedTask;
    }

    /// <summary>Whether the broker has everything.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _unconfirmed.Count == 0 && _messages.Count == 0;
            }
        }
    }

    /// <summary>How long the oldest unconfirmed message has been on its way.</summary>
    public TimeSpan OldestUnconfirmed
    {
        get
        {
            lock (_gate)
            {
                return _unconfirmed.TryGetValue(_first, out (RoutedMessage Message, long At) oldest) ? Stopwatch.GetElapsedTime(oldest.At) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Publishes a message behind those before it: on this thread, as long as the connection takes them at once.</summary>
    public void Publish(RoutedMessage message)
    {
        lock (_gate)
        {
            _messages.Enqueue(message);
            if (_isPublishing)
            {
                return;
            }

            _isPublishing = true;
        }

        _ = PublishWaitingAsync();
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the connection is made again.")]
    private async Task PublishWaitingAsync()
    {
        try
        {
            while (true)
            {
                RoutedMessage? message;
                ulong tag;
                lock (_gate)
                {
                    if (!_messages.TryDequeue(out message))
                    {
                        _isPublishing = false;
                        return;
                    }

                    tag = ++_last;
                    _unconfirmed[tag] = (message, Stopwatch.GetTimestamp());
                }

                bool isMandatory = message.Route != MessageRoute.AllHosts;
                (string exchange, string key) = PoolQueues.AddressOf(message, _pool);
                BasicProperties properties = isMandatory
                    ? new BasicProperties { DeliveryMode = DeliveryModes.Transient, MessageId = tag.ToString(CultureInfo.InvariantCulture) }
                    : Transient;
                await _channel.BasicPublishAsync(exchange, key, isMandatory, properties, message.Body).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _onFailure(e); // Nothing more is published here.
        }
    }

    private bool TryFind(string? id, out RoutedMessage? message)
    {
        lock (_gate)
        {
            bool found = ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong tag) && _unconfirmed.TryGetValue(tag, out (RoutedMessage Message, long At) sent);
            message = found ? _unconfirmed[ulong.Parse(id!, CultureInfo.InvariantCulture)].Message : null;
            return found;
        }
    }

    private void Confirm(ulong tag, bool multiple)
    {
        lock (_gate)
        {
            if (multiple)
            {
                for (; _first <= tag; _first++)
                {
                    _unconfirmed.Remove(_first);
                }
            }
            else
            {
                _unconfirmed.Remove(tag);
            }

            while (_first <= _last && !_unconfirmed.ContainsKey(_first))
            {
                _first++;
            }
        }
    }
}
