using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using PSIpc.Core.Pools.Remote;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>Publishes the messages of a pool's end in their order on one channel, knows which the broker has not confirmed, and hands back those that no queue took.</summary>
internal sealed class ConfirmedPublisher
{
    private static readonly BasicProperties Transient = new() { DeliveryMode = DeliveryModes.Transient };

    private readonly object _gate = new();
    private readonly Channel<RoutedMessage> _messages = Channel.CreateUnbounded<RoutedMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<ulong, (RoutedMessage Message, long At)> _unconfirmed = [];
    private readonly IChannel _channel;
    private readonly string _pool;
    private ulong _last;
    private ulong _first = 1;
    private int _waiting;

    /// <param name="channel">A channel with confirmations.</param>
    /// <param name="pool">The pool's name.</param>
    /// <param name="onReturn">Takes a message that no queue took.</param>
    /// <param name="onRefusal">Called when the broker could not keep a message.</param>
    public ConfirmedPublisher(IChannel channel, string pool, Func<RoutedMessage, Task> onReturn, Action onRefusal)
    {
        _channel = channel;
        _pool = pool;
        channel.BasicAcksAsync += (_, e) =>
        {
            Confirm(e.DeliveryTag, e.Multiple);
            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, _) =>
        {
            onRefusal();
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
                return _unconfirmed.Count == 0 && Volatile.Read(ref _waiting) == 0;
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

    public void Publish(RoutedMessage message)
    {
        Interlocked.Increment(ref _waiting);
        _messages.Writer.TryWrite(message);
    }

    public void Stop() => _messages.Writer.TryComplete();

    /// <summary>Publishes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (RoutedMessage message in _messages.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            bool isMandatory = message.Route != MessageRoute.AllHosts;
            ulong tag;
            lock (_gate)
            {
                tag = ++_last;
                _unconfirmed[tag] = (message, Stopwatch.GetTimestamp());
            }

            Interlocked.Decrement(ref _waiting);
            (string exchange, string key) = PoolQueues.AddressOf(message, _pool);
            BasicProperties properties = isMandatory
                ? new BasicProperties { DeliveryMode = DeliveryModes.Transient, MessageId = tag.ToString(CultureInfo.InvariantCulture) }
                : Transient;
            await _channel.BasicPublishAsync(exchange, key, isMandatory, properties, message.Body, cancellation).ConfigureAwait(false);
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
