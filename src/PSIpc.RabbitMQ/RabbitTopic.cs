using System.Security.Cryptography;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.RabbitMQ;

/// <summary>A topic on a server: an exchange that gives each message to the queue of each subscription, and a note of its settings.</summary>
internal sealed class RabbitTopic : IMessageTopic, IPipelinedSender
{
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(10);

    private readonly RabbitServer _server;
    private readonly ChannelNote _note;
    private readonly Publisher _publisher;
    private volatile bool _isClosed;
    private volatile bool _isRemoved;

    /// <summary>A handle of a topic.</summary>
    public RabbitTopic(RabbitServer server, string name, ChannelNote note)
    {
        _server = server;
        _note = note;
        _isClosed = note.IsClosed;
        Name = name;
        _publisher = new Publisher(server, name, name, routingKey: "", isMandatory: false, isBounded: note.Capacity > 0 && !note.DropsOldest);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Place => _server.Address;

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _note.DefaultFormat;

    /// <inheritdoc/>
    public long Capacity => _note.Capacity;

    /// <inheritdoc/>
    public TopicOverflow Overflow => _note.DropsOldest ? TopicOverflow.DropOldest : TopicOverflow.Block;

    /// <summary>Those of this handle: the server does not count them.</summary>
    public long Published => _publisher.Sent;

    /// <summary>None: a server keeps messages for subscriptions only.</summary>
    public long Count => 0;

    /// <inheritdoc/>
    public int SubscriptionCount => throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerSaysNoSubscriptions.With(_server.Name, Name), Name);

    /// <inheritdoc/>
    public bool IsPersistent => true;

    /// <inheritdoc/>
    public bool IsRemoved => _isRemoved || _server.IsDisposed;

    /// <inheritdoc/>
    public bool IsClosed
    {
        get
        {
            if (!_isClosed && !IsRemoved)
            {
                _isClosed = _publisher.IsClosed || ReadNote(default).IsClosed;
            }

            return _isClosed || IsRemoved;
        }
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
        _publisher.Send(body, stamp, deadline, cancellation);

    /// <inheritdoc/>
    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
        _publisher.SendMany(bodies, lengths, stamp, deadline, cancellation);

    /// <inheritdoc/>
    public ISendPipeline BeginPipeline() => new SendPipeline(_publisher);

    /// <inheritdoc/>
    public IMessageSubscription Subscribe(bool fromOldest, CancellationToken cancellation)
    {
        if (fromOldest)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerTopicNoOldest.With(Name), Name);
        }

        if (IsClosed)
        {
            throw new IpcException(IpcErrorKind.Closed, Messages.TopicClosed.With(Name), Name);
        }

        long part = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue | 1;
        string queue = ChannelNames.Subscription(Name, part);
        Dictionary<string, object?> arguments = RabbitServer.QueueArguments();
        arguments["x-expires"] = (int)RabbitSubscription.Expiry.TotalMilliseconds;
        if (_note.Capacity > 0)
        {
            arguments["x-max-length-bytes"] = _note.Capacity;
            arguments["x-overflow"] = _note.DropsOldest ? "drop-head" : "reject-publish";
        }

        var subscription = new RabbitSubscription(_server, Name, part, _note);
        _server.Ask(Name, cancellation, async channel =>
        {
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation).ConfigureAwait(false);
            await channel.QueueBindAsync(queue, Name, "", cancellationToken: cancellation).ConfigureAwait(false);
            return true;
        });
        subscription.Start(cancellation);
        return subscription;
    }

    /// <inheritdoc/>
    /// <remarks>The mark of the end goes to each subscription behind its last message. Senders that read the note before may send until they look again, and nobody receives that.</remarks>
    public void Close(CancellationToken cancellation = default)
    {
        _server.Ask(Name, cancellation, async channel =>
        {
            await ChannelNote.ChangeAsync(channel, ChannelNames.NoteOfTopic(Name), Name, n => n with { IsClosed = true }, cancellation).ConfigureAwait(false);
            if (!await Delivery.TrySendEndAsync(channel, Name, "", mandatory: false, EndTime, cancellation).ConfigureAwait(false))
            {
                throw new IpcException(IpcErrorKind.Timeout, Messages.ServerTopicFullNotClosed.With(Name), Name);
            }

            await channel.ExchangeDeleteAsync(Name, cancellationToken: cancellation).ConfigureAwait(false);
            return true;
        });
        _isClosed = true;
    }

    /// <inheritdoc/>
    public void Remove(CancellationToken cancellation)
    {
        if (!IsClosed)
        {
            Close(cancellation);
        }

        _server.Ask(Name, cancellation, channel => channel.QueueDeleteAsync(ChannelNames.NoteOfTopic(Name), ifUnused: false, ifEmpty: false, cancellationToken: cancellation));
        _isRemoved = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isRemoved = true;
        _publisher.Dispose();
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    private ChannelNote ReadNote(CancellationToken cancellation) =>
        _server.Ask(Name, cancellation, channel => ChannelNote.ReadAsync(channel, ChannelNames.NoteOfTopic(Name), Name, cancellation));
}
