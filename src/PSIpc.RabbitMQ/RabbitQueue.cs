using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>A queue on a server: a quorum queue, an exchange through which it is sent into until it is closed, and a note of its settings.</summary>
internal sealed class RabbitQueue : IMessageQueue, IPipelinedSender, IReadsAhead
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan EndTime = TimeSpan.FromMilliseconds(200);

    private readonly RabbitServer _server;
    private readonly string _entry;
    private readonly ChannelNote _note;
    private readonly Publisher _publisher;
    private readonly Inbox _inbox;
    private volatile bool _isClosed;
    private volatile bool _lacksEnd;
    private volatile bool _isRemoved;

    /// <summary>A handle of a queue.</summary>
    /// <param name="server">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="note">Its settings.</param>
    /// <param name="entry">The exchange through which it is sent into; empty for a queue of another program.</param>
    public RabbitQueue(RabbitServer server, string name, ChannelNote note, string entry)
    {
        _server = server;
        _note = note;
        _entry = entry;
        _isClosed = note.IsClosed;
        _lacksEnd = note.LacksEnd;
        Name = name;
        bool isBounded = note.MaxCount > 0 || note.Capacity > 0;
        _publisher = new Publisher(server, name, entry, routingKey: entry.Length == 0 ? name : "", isMandatory: true, isBounded)
        {
            MaxCount = note.MaxCount,
            IsQueueClosed = async () => (await ReadNoteAsync().ConfigureAwait(false)).IsClosed,
        };
        _inbox = new Inbox(server, name, name, isOwn: false, note.RequiresConfirmation)
        {
            IsQueueClosed = isBounded ? async () => (await ReadNoteAsync().ConfigureAwait(false)).IsClosed : null,
        };
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Place => _server.Address;

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _note.DefaultFormat;

    /// <inheritdoc/>
    public long Count => Math.Max(0, QueueDepth.Ask(_server, Name, Name) - (IsClosed && !_lacksEnd ? 1 : 0)) + _inbox.InHand;

    /// <inheritdoc/>
    public long Bytes => throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerSaysNoBytes.With(_server.Name, Name), Name);

    /// <inheritdoc/>
    public long Capacity => _note.Capacity;

    /// <inheritdoc/>
    public long MaxCount => _note.MaxCount;

    /// <inheritdoc/>
    public bool RequiresConfirmation => _note.RequiresConfirmation;

    /// <summary>Those of this process: the server does not tell of others.</summary>
    public long Unconfirmed => _inbox.Unconfirmed;

    /// <inheritdoc/>
    public bool IsPersistent => true;

    /// <inheritdoc/>
    public bool IsRemoved => _isRemoved || _server.IsDisposed;

    /// <inheritdoc/>
    public bool IsClosed
    {
        get
        {
            if (!_isClosed && !IsRemoved && (_inbox.IsClosed || _publisher.IsClosed || (_entry.Length > 0 && ReadNote().IsClosed)))
            {
                _isClosed = true;
            }

            return _isClosed || IsRemoved;
        }
    }

    /// <inheritdoc/>
    public IWaitable Waitable => _inbox.Waitable;

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> body, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
        _publisher.Send(body, stamp, deadline, cancellation);

    /// <inheritdoc/>
    public int SendMany(ReadOnlySpan<byte> bodies, ReadOnlySpan<int> lengths, MessageStamp stamp, Deadline deadline, CancellationToken cancellation = default) =>
        _publisher.SendMany(bodies, lengths, stamp, deadline, cancellation);

    /// <inheritdoc/>
    public ISendPipeline BeginPipeline() => new SendPipeline(_publisher);

    /// <inheritdoc/>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => _inbox.Receive(message, deadline, cancellation);

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => throw new IpcException(
        IpcErrorKind.NotSupported, Messages.ServerQueueNoPeek.With(Name), Name);

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default) =>
        _inbox.ReceiveMany(batch, deadline, cancellation);

    /// <inheritdoc/>
    public void BeginReading(long most) => _inbox.BeginReading(most);

    /// <inheritdoc/>
    public void EndReading(bool atOnce) => _inbox.EndReading(atOnce);

    /// <inheritdoc/>
    public Guid Id => Guid.Empty;

    /// <inheritdoc/>
    public void Release(ulong position, int delivery, CancellationToken cancellation) => _inbox.Release(position);

    /// <inheritdoc/>
    public bool Confirm(ulong position, int delivery, CancellationToken cancellation) => _note.RequiresConfirmation
        ? _inbox.Confirm(position)
        : throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerQueueNoConfirmation.With(Name), Name);

    /// <inheritdoc/>
    public long Clear(CancellationToken cancellation) => _server.Ask(Name, cancellation, async channel =>
    {
        ChannelNote? note = _entry.Length > 0 ? await ChannelNote.ReadAsync(channel, ChannelNames.NoteOfQueue(Name), Name, cancellation).ConfigureAwait(false) : null;
        long dropped = await channel.QueuePurgeAsync(Name, cancellation).ConfigureAwait(false);
        if (note is { IsClosed: true })
        {
            await NoteClosedAsync(channel, cancellation).ConfigureAwait(false);
        }

        return Math.Max(0, dropped - (note is { IsClosed: true, LacksEnd: false } ? 1 : 0));
    });

    /// <inheritdoc/>
    /// <remarks>
    /// Nothing is bound to the entry any more, so that the server itself refuses messages; then the end-of-stream marker goes behind the last one. A queue that is full has no room for it: its receivers look at the note
    /// when they wait. Done twice it does no harm.
    /// </remarks>
    public void Close(CancellationToken cancellation = default)
    {
        if (_entry.Length == 0)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerQueueForeignNotClosed.With(Name), Name);
        }

        _server.Ask(Name, cancellation, async channel =>
        {
            await channel.QueueUnbindAsync(Name, _entry, "", cancellationToken: cancellation).ConfigureAwait(false);
            ChannelNote before = await ChannelNote.ReadAsync(channel, ChannelNames.NoteOfQueue(Name), Name, cancellation).ConfigureAwait(false);
            if (!before.IsClosed)
            {
                await NoteClosedAsync(channel, cancellation).ConfigureAwait(false);
            }

            return true;
        });
        _isClosed = true;
    }

    /// <inheritdoc/>
    public bool WaitUntilEmpty(Deadline deadline, CancellationToken cancellation)
    {
        if (_note.RequiresConfirmation)
        {
            throw new IpcException(
                IpcErrorKind.NotSupported, Messages.ServerSaysNoUnconfirmed.With(_server.Name, Name), Name);
        }

        while (Count > 0)
        {
            if (deadline.IsOver)
            {
                return false;
            }

            cancellation.WaitHandle.WaitOne(deadline.Milliseconds((int)LookInterval.TotalMilliseconds));
            cancellation.ThrowIfCancellationRequested();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Remove(CancellationToken cancellation)
    {
        _server.Ask(Name, cancellation, async channel =>
        {
            if (_entry.Length > 0)
            {
                await channel.ExchangeDeleteAsync(_entry, cancellationToken: cancellation).ConfigureAwait(false);
            }

            await channel.QueueDeleteAsync(Name, ifUnused: false, ifEmpty: false, cancellationToken: cancellation).ConfigureAwait(false);
            await channel.QueueDeleteAsync(ChannelNames.NoteOfQueue(Name), ifUnused: false, ifEmpty: false, cancellationToken: cancellation).ConfigureAwait(false);
            return true;
        });
        _isRemoved = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isRemoved = true;
        _publisher.Dispose();
        _inbox.Dispose();
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>Puts the end-of-stream marker behind the last message, if there is room, and notes that the queue is closed.</summary>
    private async Task NoteClosedAsync(IChannel channel, CancellationToken cancellation)
    {
        _lacksEnd = !await Delivery.TrySendEndAsync(channel, exchange: "", Name, mandatory: true, EndTime, cancellation).ConfigureAwait(false);
        await ChannelNote.ChangeAsync(channel, ChannelNames.NoteOfQueue(Name), Name, n => n with { IsClosed = true, LacksEnd = _lacksEnd }, cancellation).ConfigureAwait(false);
    }

    private ChannelNote ReadNote() => ReadNoteAsync().GetAwaiter().GetResult();

    private async Task<ChannelNote> ReadNoteAsync()
    {
        ChannelNote note = await _server.AskAsync(Name, default, channel => ChannelNote.ReadAsync(channel, ChannelNames.NoteOfQueue(Name), Name, default)).ConfigureAwait(false);
        _lacksEnd = note.LacksEnd;
        return note;
    }
}
