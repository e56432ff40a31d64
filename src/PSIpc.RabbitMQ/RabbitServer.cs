using System.Diagnostics.CodeAnalysis;
using System.Text;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Pools.Remote;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>A connection to a RabbitMQ server that is made again when it is lost, and what is made and opened through it.</summary>
internal sealed partial class RabbitServer : IServerConnection
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    /// <summary>How long one node of several may take to answer before the next one is tried.</summary>
    private static readonly TimeSpan NodeTime = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly ServerSettings _settings;
    private readonly ConnectionFactory _factory;
    private readonly AmqpTcpEndpoint[] _nodes;
    private readonly CancellationTokenSource _disposed = new();
    private Task<IConnection>? _connection;
    private volatile string? _blocked;

    public RabbitServer(ServerSettings settings)
    {
        _settings = settings;
        _factory = new ConnectionFactory
        {
            VirtualHost = settings.VirtualHost,
            UserName = settings.UserName,
            Password = settings.Password,
            ClientProvidedName = $"PSIpc {Environment.MachineName} {Environment.ProcessId}",
            RequestedHeartbeat = Heartbeat,

            // The library's own recovery would deliver and publish on its own terms; this class and its channels know what must come again.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            MaxInboundMessageBodySize = uint.MaxValue,
        };
        _nodes =
        [
            .. settings.OtherNodes.Prepend((settings.Host, settings.Port))
                .Select(n => new AmqpTcpEndpoint(n.Host, n.Port, settings.IsSecured ? ServerTls.For(settings, n.Host) : new SslOption(), _factory.MaxInboundMessageBodySize)),
        ];
        if (_nodes.Length > 1)
        {
            _factory.RequestedConnectionTimeout = NodeTime;
        }
    }

    /// <inheritdoc/>
    public bool IsConnected
    {
        get
        {
            lock (_gate)
            {
                return !IsDisposed && _connection is { IsCompletedSuccessfully: true, Result.IsOpen: true };
            }
        }
    }

    /// <inheritdoc/>
    public bool IsDisposed => _disposed.IsCancellationRequested;

    /// <inheritdoc/>
    public string Product { get; private set; } = "";

    /// <inheritdoc/>
    public string? BlockedReason => _blocked;

    /// <summary>How long a lost connection is tried to be made again.</summary>
    public TimeSpan ReconnectTimeout => _settings.ReconnectTimeout;

    /// <summary>Set when it is disconnected.</summary>
    public CancellationToken Disposed => _disposed.Token;

    /// <summary>The address without the password.</summary>
    public string Address => _settings.Address;

    /// <summary>The name that the session calls it by.</summary>
    public string Name => _settings.Name;

    /// <inheritdoc/>
    public void Connect(Deadline deadline, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(deadline, cancellation);
        try
        {
            Task<IConnection> connecting = OpenAsync(limit.Token);
            lock (_gate)
            {
                _connection = connecting;
            }

            connecting.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new IpcException(IpcErrorKind.Timeout, Messages.ServerConnectTimedOut.With(Address), Name);
        }
        catch (Exception e) when (e is not IpcException)
        {
            throw RabbitErrors.Unreachable(e, _settings);
        }
    }

    /// <inheritdoc/>
    public IMessageQueue CreateQueue(string name, ServerChannelSettings settings, CancellationToken cancellation)
    {
        // Once: what is repeated after a lost connection would find its own queue.
        RequireFreeAsync("queue", name, name, cancellation).GetAwaiter().GetResult();
        return Ask(name, cancellation, channel => CreateQueueAsync(channel, name, settings, cancellation));
    }

    private async Task<IMessageQueue> CreateQueueAsync(IChannel channel, string name, ServerChannelSettings settings, CancellationToken cancellation)
    {
        var note = ChannelNote.For(settings);
        Dictionary<string, object?> arguments = QueueArguments();
        if (settings.MaxCount > 0)
        {
            // Senders of this module ask how many there are. A quorum queue takes more only when it is four fifths full again: so this limit, which holds
            // for all who send at the same time, is higher.
            arguments["x-max-length"] = (settings.MaxCount * 5 / 4) + 1;
        }

        if (settings.Capacity > 0)
        {
            arguments["x-max-length-bytes"] = settings.Capacity;
        }

        if (settings.MaxCount > 0 || settings.Capacity > 0)
        {
            arguments["x-overflow"] = "reject-publish";
        }

        // In this order, so that what is found as a queue is complete.
        string entry = ChannelNames.EntryOf(name);
        await channel.QueueDeleteAsync(ChannelNames.NoteOfQueue(name), ifUnused: false, ifEmpty: false, cancellationToken: cancellation).ConfigureAwait(false);
        await ChannelNote.CreateAsync(channel, ChannelNames.NoteOfQueue(name), note, cancellation).ConfigureAwait(false);
        await channel.ExchangeDeclareAsync(entry, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueBindAsync(name, entry, "", cancellationToken: cancellation).ConfigureAwait(false);
        return new RabbitQueue(this, name, note, entry);
    }

    /// <inheritdoc/>
    public IMessageQueue OpenQueue(string name, CancellationToken cancellation) => Ask(name, cancellation, async channel =>
    {
        await RequireThereAsync("queue", name, name, channel, cancellation).ConfigureAwait(false);
        return await TryReadAsync(ChannelNames.NoteOfQueue(name), name, cancellation).ConfigureAwait(false) is { } note
            ? new RabbitQueue(this, name, note, ChannelNames.EntryOf(name))
            : new RabbitQueue(this, name, new ChannelNote { Format = IpcSerializers.Get(IpcSerializers.DefaultName).Format }, entry: ""); // another program's
    });

    /// <inheritdoc/>
    public IMessageTopic CreateTopic(string name, ServerChannelSettings settings, CancellationToken cancellation)
    {
        RequireFreeAsync("topic", name, ChannelNames.NoteOfTopic(name), cancellation).GetAwaiter().GetResult();
        return Ask(name, cancellation, channel => CreateTopicAsync(channel, name, settings, cancellation));
    }

    private async Task<IMessageTopic> CreateTopicAsync(IChannel channel, string name, ServerChannelSettings settings, CancellationToken cancellation)
    {
        var note = ChannelNote.For(settings);
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueDeleteAsync(ChannelNames.NoteOfTopic(name), ifUnused: false, ifEmpty: false, cancellationToken: cancellation).ConfigureAwait(false);
        await ChannelNote.CreateAsync(channel, ChannelNames.NoteOfTopic(name), note, cancellation).ConfigureAwait(false);
        return new RabbitTopic(this, name, note);
    }

    /// <inheritdoc/>
    public IMessageTopic OpenTopic(string name, CancellationToken cancellation) =>
        Ask(name, cancellation, async channel =>
        {
            await RequireThereAsync("topic", name, ChannelNames.NoteOfTopic(name), channel, cancellation).ConfigureAwait(false);
            return new RabbitTopic(this, name, await ChannelNote.ReadAsync(channel, ChannelNames.NoteOfTopic(name), name, cancellation).ConfigureAwait(false));
        });

    /// <inheritdoc/>
    public IMessageTransport OpenTransport(string pool, Guid caller) => new RabbitMqTransport(this, pool, caller);

    /// <summary>Opens a connection of its own, which is not made again when it is lost.</summary>
    /// <param name="purpose">What it is for: a part of the name by which the server shows it.</param>
    /// <param name="heartbeat">The interval of its heartbeats.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<IConnection> OpenConnectionAsync(string purpose, TimeSpan heartbeat, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory
        {
            VirtualHost = _factory.VirtualHost,
            UserName = _factory.UserName,
            Password = _factory.Password,
            RequestedHeartbeat = heartbeat,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = NodeTime,
        };
        return factory.CreateConnectionAsync(_nodes, $"{_factory.ClientProvidedName} {purpose}", cancellation);
    }

    /// <summary>Notes when the server blocks a connection that publishes, and when it no longer does.</summary>
    public void WatchBlocking(IConnection connection)
    {
        connection.ConnectionBlockedAsync += (_, e) =>
        {
            _blocked = e.Reason;
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) => Unblock();
        connection.ConnectionShutdownAsync += (_, _) => Unblock();

        Task Unblock()
        {
            _blocked = null;
            return Task.CompletedTask;
        }
    }

    /// <summary>Why a connection cannot be made, in the terms that users see.</summary>
    public IpcException Unreachable(Exception e) => RabbitErrors.Unreachable(e, _settings);

    /// <inheritdoc/>
    public IMessageSubscription OpenSubscription(string topic, long part, CancellationToken cancellation) => Ask(topic, cancellation, async channel =>
    {
        await RequireThereAsync("subscription to topic", topic, ChannelNames.Subscription(topic, part), channel, cancellation).ConfigureAwait(false);
        ChannelNote note = await ChannelNote.ReadAsync(channel, ChannelNames.NoteOfTopic(topic), topic, cancellation).ConfigureAwait(false);
        return new RabbitSubscription(this, topic, part, note);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Task<IConnection>? connection;
        lock (_gate)
        {
            if (IsDisposed)
            {
                return;
            }

            connection = _connection;
            _disposed.Cancel();
        }

        if (connection is { IsCompletedSuccessfully: true })
        {
            try
            {
                connection.Result.CloseAsync(Constants.ReplySuccess, "", CloseTime, abort: true, CancellationToken.None).Wait(CloseTime);
            }
            catch (AggregateException)
            {
                // It was lost at the same moment.
            }
        }
        else
        {
            // One that is made at this moment is not kept.
            connection?.ContinueWith(
                static made => made.Result.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    /// <summary>The arguments of a queue that is kept on the disks of most nodes.</summary>
    /// <remarks>With a limit of deliveries, what goes back to a queue keeps its place; without one it goes behind all others. The limit that new servers have by themselves, 20, is for tasks that fail.</remarks>
    public static Dictionary<string, object?> QueueArguments() => new() { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = int.MaxValue };

    /// <summary>The connection, when it is there again.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PeerGone"/> when it did not come back in time; <see cref="IpcErrorKind.Closed"/> when it was disconnected.</exception>
    public async Task<IConnection> ConnectionAsync(CancellationToken cancellation)
    {
        Task<IConnection> connection;
        lock (_gate)
        {
            if (IsDisposed)
            {
                throw new IpcException(IpcErrorKind.Closed, Messages.ServerDisconnected.With(Name), Name);
            }

            if (_connection is null or { IsFaulted: true } or { IsCanceled: true } or { IsCompletedSuccessfully: true, Result.IsOpen: false })
            {
                _connection = Task.Run(ReconnectAsync, CancellationToken.None);
            }

            connection = _connection;
        }

        try
        {
            return await connection.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (IsDisposed && !cancellation.IsCancellationRequested)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.ServerDisconnected.With(Name), Name, e);
        }
    }

    /// <summary>A channel of the connection.</summary>
    /// <param name="options">What it is for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions? options, CancellationToken cancellation)
    {
        while (true)
        {
            IConnection connection = await ConnectionAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await connection.CreateChannelAsync(options, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e) && !connection.IsOpen)
            {
                // Lost at the same moment: it is made again.
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // No answer for long: asked again, until it comes or the connection is seen to be lost.
            }
        }
    }

    /// <summary>Asks the server something on a channel of its own, again after a lost connection.</summary>
    /// <exception cref="IpcException">What the server answered.</exception>
    [SuppressMessage("Design", "CA1068", Justification = "What is asked is a block of code, which reads best as the last argument.")]
    public T Ask<T>(string name, CancellationToken cancellation, Func<IChannel, Task<T>> ask) => AskAsync(name, cancellation, ask).GetAwaiter().GetResult();

    /// <summary>As <see cref="Ask"/>.</summary>
    [SuppressMessage("Design", "CA1068", Justification = "What is asked is a block of code, which reads best as the last argument.")]
    public async Task<T> AskAsync<T>(string name, CancellationToken cancellation, Func<IChannel, Task<T>> ask)
    {
        var confirming = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        while (true)
        {
            IChannel channel = await OpenChannelAsync(confirming, cancellation).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                try
                {
                    return await ask(channel).ConfigureAwait(false);
                }
                catch (Exception e) when (RabbitErrors.IsRefusal(e))
                {
                    throw RabbitErrors.Refused(e, name);
                }
                catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
                {
                    // What the client library throws when there is no answer for long. It is asked again where the connection turns out to be lost.
                    if (channel.IsOpen && !IsDisposed)
                    {
                        throw RabbitErrors.Refused(new TimeoutException(Messages.ServerSilent, e), name);
                    }
                }
                catch (Exception e) when (RabbitErrors.IsOfLibrary(e) && channel.IsClosed)
                {
                    // Asked again; the next channel waits for the connection, and says when it does not come back.
                    cancellation.ThrowIfCancellationRequested();
                }
                catch (Exception e) when (RabbitErrors.IsOfLibrary(e))
                {
                    throw RabbitErrors.Refused(e, name);
                }
            }
        }
    }

    /// <summary>Reads a note; null when there is none.</summary>
    private async Task<ChannelNote?> TryReadAsync(string queue, string name, CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(name, cancellation, channel => ChannelNote.ReadAsync(channel, queue, name, cancellation)).ConfigureAwait(false);
        }
        catch (IpcException e) when (e.InnerException is { } inner && RabbitErrors.IsNotFound(inner))
        {
            return null;
        }
    }

    private async Task RequireFreeAsync(string noun, string name, string queue, CancellationToken cancellation)
    {
        bool exists = true;
        try
        {
            await AskAsync(name, cancellation, channel => channel.QueueDeclarePassiveAsync(queue, cancellation)).ConfigureAwait(false);
        }
        catch (IpcException e) when (e.InnerException is { } inner && RabbitErrors.IsNotFound(inner))
        {
            exists = false;
        }

        if (exists)
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.ServerObjectExists.With(Name, noun, name, noun == "queue" ? "Queue" : "Topic"), name);
        }
    }

    private async Task RequireThereAsync(string noun, string name, string queue, IChannel channel, CancellationToken cancellation)
    {
        try
        {
            await channel.QueueDeclarePassiveAsync(queue, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (RabbitErrors.IsNotFound(e))
        {
            throw new IpcException(IpcErrorKind.NotFound, Messages.ServerObjectNotFound.With(Name, noun, name), name, e);
        }
    }

    private static string PropertyOf(IConnection connection, string name) =>
        connection.ServerProperties?.TryGetValue(name, out object? value) == true && value is byte[] text ? Encoding.UTF8.GetString(text) : "";
}
