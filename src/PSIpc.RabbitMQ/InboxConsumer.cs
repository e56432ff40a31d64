using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.RabbitMQ;

/// <summary>Takes what the server sends of a queue. Its end comes after the last message.</summary>
internal sealed class InboxConsumer(IChannel channel, Action<Delivery> take, Action<InboxConsumer> removed, long credit) : AsyncDefaultBasicConsumer(channel)
{
    private int _held;
    private long _credit = credit;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when no more messages come through it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Messages that the server sends before some are acknowledged.</summary>
    public ushort Ahead { get; init; }

    /// <summary>Whether the server sends nothing more before something is acknowledged.</summary>
    public bool IsFull => Volatile.Read(ref _held) >= Ahead;

    /// <summary>The name that the server has for it.</summary>
    public string Tag { get; set; } = "";

    /// <summary>Whether one of its messages may be acknowledged, for which the server sends one more.</summary>
    public bool TryTakeCredit()
    {
        if (_credit <= 0)
        {
            return false;
        }

        _credit--;
        return true;
    }

    /// <summary>One of its messages is acknowledged.</summary>
    public void NoteAcknowledged() => Interlocked.Decrement(ref _held);

    /// <inheritdoc/>
    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _held);
        take(new Delivery(Channel, deliveryTag, redelivered, properties, body.Span) { Consumer = this });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult();
        removed(this);
        return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult();
        return base.HandleBasicCancelOkAsync(consumerTag, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        _ended.TrySetResult();
        return base.HandleChannelShutdownAsync(channel, reason);
    }
}
