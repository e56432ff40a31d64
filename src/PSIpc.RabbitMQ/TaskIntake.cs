using System.Threading.Channels;
using PSIpc.Core;
using PSIpc.Core.Pools.Remote;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.RabbitMQ;

/// <summary>The consumers of a host at the queue of tasks: each has one unacknowledged task at a time. They come and go on one channel, in the order in which it is asked for.</summary>
/// <remarks>RabbitMQ 4.3 has no limit of unacknowledged messages for a channel as a whole: so there is a consumer for each task that the host can take.</remarks>
/// <param name="channel">The channel.</param>
/// <param name="queue">The queue of tasks.</param>
/// <param name="handler">Takes the tasks.</param>
/// <param name="lose">Called when the server cancels a consumer, since the queue is gone.</param>
internal sealed class TaskIntake(IChannel channel, string queue, IMessageTransportHandler handler, Action<Exception> lose)
{
    private readonly Channel<(TaskDelivery? Delivery, bool IsRequeued)> _orders = Channel.CreateUnbounded<(TaskDelivery?, bool)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<string> _consumers = [];
    private volatile int _wanted;

    /// <summary>Has this many consumers.</summary>
    public void Set(int consumers)
    {
        _wanted = consumers;
        _orders.Writer.TryWrite((null, false));
    }

    public void Acknowledge(TaskDelivery delivery) => _orders.Writer.TryWrite((delivery, false));

    public void Requeue(TaskDelivery delivery) => _orders.Writer.TryWrite((delivery, true));

    public void Stop() => _orders.Writer.TryComplete();

    /// <summary>Does what is asked for until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await channel.BasicQosAsync(0, 1, global: false, cancellation).ConfigureAwait(false);
        await foreach ((TaskDelivery? delivery, bool isRequeued) in _orders.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            if (delivery is not null)
            {
                await AnswerAsync(delivery, isRequeued, cancellation).ConfigureAwait(false);
                continue;
            }

            while (_consumers.Count < _wanted)
            {
                await AddConsumerAsync(cancellation).ConfigureAwait(false);
            }

            while (_wanted == 0 && _consumers.Count > 0)
            {
                await RemoveConsumerAsync(_consumers[^1], cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task AddConsumerAsync(CancellationToken cancellation)
    {
        string tag = $"{Guid.NewGuid():N}";
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, e) =>
        {
            handler.OnTask(new TaskDelivery(e.Body.ToArray(), new Token(channel, e.DeliveryTag, tag)));
            return Task.CompletedTask;
        };
        consumer.UnregisteredAsync += (_, _) =>
        {
            lose(new IOException(Messages.ServerSilent));
            return Task.CompletedTask;
        };
        _consumers.Add(tag);
        await channel.BasicConsumeAsync(queue, autoAck: false, tag, noLocal: false, exclusive: false, arguments: null, consumer, cancellation).ConfigureAwait(false);
    }

    private async Task RemoveConsumerAsync(string tag, CancellationToken cancellation)
    {
        if (_consumers.Remove(tag))
        {
            await channel.BasicCancelAsync(tag, noWait: true, cancellation).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(TaskDelivery delivery, bool isRequeued, CancellationToken cancellation)
    {
        if (delivery.Token is not Token token || !ReferenceEquals(token.Channel, channel))
        {
            return; // Its connection is lost, and the broker has given it to another host.
        }

        // The consumer goes first: an acknowledgement would bring it the next task.
        if (_consumers.Count > _wanted)
        {
            await RemoveConsumerAsync(token.Consumer, cancellation).ConfigureAwait(false);
        }

        if (isRequeued)
        {
            await channel.BasicNackAsync(token.Tag, multiple: false, requeue: true, cancellation).ConfigureAwait(false);
        }
        else
        {
            await channel.BasicAckAsync(token.Tag, multiple: false, cancellation).ConfigureAwait(false);
        }
    }

    private sealed record Token(IChannel Channel, ulong Tag, string Consumer);
}
