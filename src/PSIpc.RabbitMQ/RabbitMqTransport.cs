using System.Diagnostics;
using PSIpc.Core;
using PSIpc.Core.Pools.Remote;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace PSIpc.RabbitMQ;

/// <summary>The end of a pool over many machines at a RabbitMQ server: one connection that publishes and one that consumes, made again together when either is lost.</summary>
/// <remarks>Two connections, since a server that runs out of memory or disk blocks those that publish, and this one has to take messages all the same.</remarks>
/// <param name="server">The server.</param>
/// <param name="pool">The pool's name.</param>
/// <param name="caller">The caller's id; empty for a host.</param>
internal sealed class RabbitMqTransport(RabbitServer server, string pool, Guid caller) : IMessageTransport
{
    private const ushort Prefetch = 64;

    /// <summary>The number of messages to a caller that one acknowledgement covers. Unacknowledged messages are redelivered after a lost connection; they are idempotent.</summary>
    private const int AcknowledgedTogether = 16;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _closing = CancellationTokenSource.CreateLinkedTokenSource(server.Disposed);
    private readonly SemaphoreSlim _inspecting = new(1);
    private IMessageTransportHandler _handler = null!;
    private volatile Link? _link;
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public string? BlockedReason => server.BlockedReason;

    private bool IsHost => caller == Guid.Empty;

    /// <inheritdoc/>
    public void Start(IMessageTransportHandler handler)
    {
        _handler = handler;
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public void Publish(RoutedMessage message) => _link?.Publisher.Publish(message);

    /// <inheritdoc/>
    public void SetIntake(int consumers) => _link?.Intake?.Set(consumers);

    /// <inheritdoc/>
    public void Acknowledge(TaskDelivery delivery) => _link?.Intake?.Acknowledge(delivery);

    /// <inheritdoc/>
    public void Requeue(TaskDelivery delivery) => _link?.Intake?.Requeue(delivery);

    /// <inheritdoc/>
    public async Task<QueueState?> InspectAsync(MessageRoute route, Guid target)
    {
        await _inspecting.WaitAsync(_closing.Token).ConfigureAwait(false);
        try
        {
            Link link = _link ?? throw new IpcException(IpcErrorKind.PeerGone, Messages.ServerSilent);
            QueueState? found = null;
            for (int place = 0; place < PoolQueues.Places && found is not { Consumers: > 0 }; place++)
            {
                QueueState? state = await InspectAsync(link, route == MessageRoute.Tasks ? PoolQueues.Tasks(pool, place) : PoolQueues.Replies(target, place)).ConfigureAwait(false);
                found = state is { } here ? new QueueState(here.Messages + (found?.Messages ?? 0), here.Consumers) : found;
            }

            return found;
        }
        catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
        {
            throw new IpcException(IpcErrorKind.PeerGone, Messages.ServerSilent, pool, e); // Also where the node of the queue is down.
        }
        finally
        {
            _inspecting.Release();
        }
    }

    /// <inheritdoc/>
    public async Task CloseAsync()
    {
        if (_link is { } link)
        {
            try
            {
                var end = Deadline.After(CloseTime);
                while (!link.Publisher.IsIdle && !end.IsOver && !link.Lost.IsCancellationRequested)
                {
                    await Task.Delay(1).ConfigureAwait(false);
                }

                if (!IsHost)
                {
                    IChannel channel = await link.Consuming.CreateChannelAsync(cancellationToken: link.Lost).ConfigureAwait(false);
                    await channel.QueueDeleteAsync(link.OwnQueue, ifUnused: false, ifEmpty: false, cancellationToken: link.Lost).WaitAsync(CloseTime).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
            {
                // The server drops the queue by itself.
            }
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.WaitAsync(CloseTime + CloseTime).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The server does not answer: the process need not wait for it.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _closing.Cancel();

    private static bool IsOnNodeThatIsDown(Exception e) =>
        e is OperationInterruptedException { ShutdownReason.ReplyText: { } text } && RabbitErrors.IsNotFound(e) && text.Contains("home node", StringComparison.Ordinal);

    private static async Task<QueueState?> InspectAsync(Link link, string queue)
    {
        IChannel channel = await link.Consuming.CreateChannelAsync(cancellationToken: link.Lost).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            try
            {
                QueueDeclareOk state = await channel.QueueDeclarePassiveAsync(queue, link.Lost).ConfigureAwait(false);
                return new QueueState(state.MessageCount, state.ConsumerCount);
            }
            catch (OperationInterruptedException e) when (RabbitErrors.IsNotFound(e) && !IsOnNodeThatIsDown(e))
            {
                return null;
            }
        }
    }

    /// <summary>Declares a queue in the first place whose node is there.</summary>
    private async Task<int> DeclareAsync(IConnection connection, Func<IChannel, int, Task> declare)
    {
        for (int place = 0; ; place++)
        {
            IChannel channel = await connection.CreateChannelAsync(cancellationToken: _closing.Token).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                try
                {
                    await declare(channel, place).ConfigureAwait(false);
                    return place;
                }
                catch (OperationInterruptedException e) when (IsOnNodeThatIsDown(e) && place + 1 < PoolQueues.Places)
                {
                    // The next one.
                }
            }
        }
    }

    /// <summary>Connects, and connects again, until it is closed or the server stays away.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the connections are made again, until the time for that is over.")]
    private async Task RunAsync()
    {
        TimeSpan pause = FirstPause;
        long lostAt = Stopwatch.GetTimestamp();
        while (!_closing.IsCancellationRequested)
        {
            Exception reason;
            Link? link = null;
            try
            {
                link = await OpenAsync().ConfigureAwait(false);
                pause = FirstPause;
                reason = await ServeAsync(link).ConfigureAwait(false);
                lostAt = Stopwatch.GetTimestamp();
            }
            catch (Exception e)
            {
                reason = e;
            }
            finally
            {
                _link = null;
                if (link is not null)
                {
                    await link.CloseAsync().ConfigureAwait(false);
                }
            }

            if (_closing.IsCancellationRequested)
            {
                break;
            }

            IpcException error = ErrorOf(reason);
            _handler.OnLost(error.Message);
            if (link is null && RabbitErrors.IsRefusal(reason) && !RabbitErrors.IsNotFound(reason))
            {
                _handler.OnFailed(RabbitErrors.Refused(reason, pool)); // No right to declare or to write: asking again does not help.
                return;
            }

            if (Stopwatch.GetElapsedTime(lostAt) > server.ReconnectTimeout)
            {
                _handler.OnFailed(new IpcException(IpcErrorKind.PeerGone, Messages.ServerConnectionLost.With(server.Name, server.ReconnectTimeout.TotalSeconds, error.Message), server.Name, reason));
                return;
            }

            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause < MaxPause ? 2 * pause : MaxPause;
        }

        if (server.IsDisposed)
        {
            _handler.OnFailed(new IpcException(IpcErrorKind.Closed, Messages.ServerDisconnected.With(server.Name), server.Name));
        }
    }

    private IpcException ErrorOf(Exception reason) => reason as IpcException ?? server.Unreachable(reason);

    private async Task<Link> OpenAsync()
    {
        IConnection consuming = await server.OpenConnectionAsync($"pool {pool}", Heartbeat, _closing.Token).ConfigureAwait(false);
        IConnection? publishing = null;
        try
        {
            publishing = await server.OpenConnectionAsync($"pool {pool} publishing", Heartbeat, _closing.Token).ConfigureAwait(false);
            IChannel channel = await consuming.CreateChannelAsync(cancellationToken: _closing.Token).ConfigureAwait(false);
            var epoch = Guid.NewGuid();
            await PoolQueues.DeclareExchangesAsync(channel, _closing.Token).ConfigureAwait(false);
            int tasks = await DeclareAsync(consuming, (c, place) => PoolQueues.DeclareTasksAsync(c, pool, place, _closing.Token)).ConfigureAwait(false);
            string own;
            if (IsHost)
            {
                await PoolQueues.DeclareHostAsync(channel, pool, epoch, _closing.Token).ConfigureAwait(false);
                own = PoolQueues.Host(epoch);
            }
            else
            {
                own = PoolQueues.Replies(caller, await DeclareAsync(consuming, (c, place) => PoolQueues.DeclareRepliesAsync(c, caller, place, _closing.Token)).ConfigureAwait(false));
            }

            IChannel publisher = await publishing.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), _closing.Token).ConfigureAwait(false);
            IChannel? intake = IsHost ? await consuming.CreateChannelAsync(cancellationToken: _closing.Token).ConfigureAwait(false) : null;
            var link = new Link(consuming, publishing, channel, epoch, _closing.Token) { OwnQueue = own, TasksPlace = tasks };
            link.Publisher = new ConfirmedPublisher(publisher, pool, message => ComesBackAsync(link, message), link.Lose);
            link.Intake = intake is null ? null : new TaskIntake(intake, PoolQueues.Tasks(pool, tasks), _handler, link.Lose);
            return link;
        }
        catch
        {
            await Link.CloseAsync(consuming).ConfigureAwait(false);
            if (publishing is not null)
            {
                await Link.CloseAsync(publishing).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Works with connections until one of them is lost; why it was.</summary>
    private async Task<Exception> ServeAsync(Link link)
    {
        foreach (IConnection connection in new[] { link.Consuming, link.Publishing })
        {
            connection.ConnectionShutdownAsync += (_, e) =>
            {
                link.Lose(e.Exception ?? new OperationInterruptedException(e));
                return Task.CompletedTask;
            };
        }

        server.WatchBlocking(link.Publishing);
        _link = link;
        _handler.OnConnected(link.Epoch);
        Task[] work = [link.WatchAsync(WatchAsync), link.WatchAsync(ConsumeAsync), .. link.Intake is { } intake ? [link.WatchAsync(intake.RunAsync)] : Array.Empty<Task>()];
        Exception reason = await link.LostReason.ConfigureAwait(false);
        _link = null;
        _handler.OnLost(ErrorOf(reason).Message); // At once: the time of a host's fence begins here.
        await Task.WhenAll(work).WaitAsync(CloseTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reason;

        async Task WatchAsync(CancellationToken cancellation)
        {
            long renewed = Stopwatch.GetTimestamp();
            while (true)
            {
                await Task.Delay(WatchInterval, cancellation).ConfigureAwait(false);
                if (BlockedReason is null && link.Publisher.OldestUnconfirmed > PublishTimeout)
                {
                    throw new TimeoutException(Messages.ServerSilent);
                }

                if (Stopwatch.GetElapsedTime(renewed) > RenewInterval)
                {
                    // A queue that nobody consumes, since all workers are busy for long, would expire.
                    renewed = Stopwatch.GetTimestamp();
                    await PoolQueues.DeclareTasksAsync(link.Channel, pool, link.TasksPlace, cancellation).ConfigureAwait(false);
                }
            }
        }

        async Task ConsumeAsync(CancellationToken cancellation)
        {
            var consumer = new AsyncEventingBasicConsumer(link.Channel);
            int received = 0;
            consumer.ReceivedAsync += async (_, e) =>
            {
                _handler.OnMessage(e.Body.ToArray());
                if (!IsHost && ++received % AcknowledgedTogether == 0)
                {
                    await link.Channel.BasicAckAsync(e.DeliveryTag, multiple: true, CancellationToken.None).ConfigureAwait(false);
                }
            };
            consumer.UnregisteredAsync += (_, _) =>
            {
                link.Lose(new IOException(Messages.ServerSilent)); // The node of the queue is gone.
                return Task.CompletedTask;
            };
            link.Channel.ChannelShutdownAsync += (_, e) =>
            {
                link.Lose(e.Exception ?? new OperationInterruptedException(e));
                return Task.CompletedTask;
            };
            if (!IsHost)
            {
                await link.Channel.BasicQosAsync(0, Prefetch, global: false, cancellation).ConfigureAwait(false);
            }

            // A host's own queue goes with its connection: there is nothing to acknowledge.
            await link.Channel.BasicConsumeAsync(link.OwnQueue, autoAck: IsHost, consumer, cancellation).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
    }

    private async Task ComesBackAsync(Link link, RoutedMessage message)
    {
        if (message.Route == MessageRoute.Tasks)
        {
            await PoolQueues.DeclareTasksAsync(link.Channel, pool, link.TasksPlace, link.Lost).ConfigureAwait(false);
        }

        _handler.OnUnroutable(message);
    }

    /// <summary>The connections of one epoch, and what works on them.</summary>
    private sealed class Link(IConnection consuming, IConnection publishing, IChannel channel, Guid epoch, CancellationToken closing)
    {
        private readonly CancellationTokenSource _lost = CancellationTokenSource.CreateLinkedTokenSource(closing);
        private readonly TaskCompletionSource<Exception> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IConnection Consuming => consuming;

        public IConnection Publishing => publishing;

        /// <summary>Declares and consumes this end's own queue.</summary>
        public IChannel Channel => channel;

        public Guid Epoch => epoch;

        /// <summary>The queue that this end consumes.</summary>
        public required string OwnQueue { get; init; }

        /// <summary>The place of the queue of tasks.</summary>
        public required int TasksPlace { get; init; }

        public ConfirmedPublisher Publisher { get; set; } = null!;

        public TaskIntake? Intake { get; set; }

        /// <summary>Set when it is lost, or closed.</summary>
        public CancellationToken Lost => _lost.Token;

        public Task<Exception> LostReason => _reason.Task;

        public void Lose(Exception reason)
        {
            if (_reason.TrySetResult(reason))
            {
                _ = _lost.CancelAsync();
            }
        }

        /// <summary>Does some work; when it fails, the link is lost.</summary>
        [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Whatever ends the work, the connections are made again.")]
        public async Task WatchAsync(Func<CancellationToken, Task> work)
        {
            try
            {
                await work(Lost).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Lose(e);
            }
        }

        public async Task CloseAsync()
        {
            Lose(new OperationCanceledException());
            Intake?.Stop();
            await Task.WhenAll(CloseAsync(publishing), CloseAsync(consuming)).ConfigureAwait(false);
        }

        public static async Task CloseAsync(IConnection connection)
        {
            try
            {
                await connection.CloseAsync(Constants.ReplySuccess, "", CloseTime, abort: true, CancellationToken.None).WaitAsync(CloseTime + CloseTime).ConfigureAwait(false);
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e) || e is OperationCanceledException)
            {
                // It is gone.
            }
        }
    }
}
