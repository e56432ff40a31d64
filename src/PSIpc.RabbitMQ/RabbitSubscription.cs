using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.RabbitMQ;

/// <summary>A subscription to a topic on a server: a queue of its own, from which this process takes all the time, and which goes some time after nobody does.</summary>
internal sealed class RabbitSubscription : IMessageSubscription, IReadsAhead
{
    /// <summary>How long the queue of a process that is gone, or cut off, is kept.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromMinutes(2);

    private readonly RabbitServer _server;
    private readonly ChannelNote _note;
    private readonly string _queue;
    private readonly Inbox _inbox;
    private readonly Dictionary<ulong, long> _numbers = [];
    private bool _isStarted;
    private bool _isPassedOn;
    private volatile bool _isOver;

    /// <summary>A handle of a subscription.</summary>
    public RabbitSubscription(RabbitServer server, string topic, long part, ChannelNote note)
    {
        _server = server;
        _note = note;
        _queue = ChannelNames.Subscription(topic, part);
        Name = topic;
        Part = part;
        _inbox = new Inbox(server, topic, _queue, isOwn: true, confirms: false) { Given = CountLost };
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Place => _server.Address;

    /// <inheritdoc/>
    public long Part { get; }

    /// <inheritdoc/>
    public MessageFormat DefaultFormat => _note.DefaultFormat;

    /// <inheritdoc/>
    public bool IsClosed => _isOver || _inbox.IsClosed;

    /// <inheritdoc/>
    public long Count => _isOver ? 0 : _inbox.InHand + QueueDepth.Ask(_server, Name, _queue);

    /// <inheritdoc/>
    public long Lost { get; private set; }

    /// <inheritdoc/>
    public int OwnerProcessId => _isOver || !_isStarted ? 0 : Environment.ProcessId;

    /// <inheritdoc/>
    public bool IsRemoved => _isOver || _server.IsDisposed;

    /// <inheritdoc/>
    public IWaitable Waitable
    {
        get
        {
            Start(default);
            return _inbox.Waitable;
        }
    }

    /// <summary>Begins to take messages.</summary>
    public void Start(CancellationToken cancellation)
    {
        if (_isPassedOn)
        {
            throw new IpcException(IpcErrorKind.NotOwner, Messages.ServerSubscriptionPassedOn.With(Name), Name);
        }

        while (!_isStarted)
        {
            try
            {
                _inbox.StartAsync(cancellation).WaitAsync(cancellation).GetAwaiter().GetResult();
                _isStarted = true;
            }
            catch (Exception e) when (RabbitErrors.IsRefusal(e))
            {
                throw RabbitErrors.Refused(e, Name);
            }
            catch (Exception e) when (RabbitErrors.IsOfLibrary(e))
            {
                // Lost at the same moment: again, on the next channel.
            }
        }
    }

    /// <inheritdoc/>
    public bool Receive(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default)
    {
        Start(cancellation);
        return _inbox.Receive(message, deadline, cancellation);
    }

    /// <inheritdoc/>
    public bool Peek(ReceivedMessage message, Deadline deadline, CancellationToken cancellation = default) => throw new IpcException(
        IpcErrorKind.NotSupported, Messages.ServerTopicNoPeek.With(Name), Name);

    /// <inheritdoc/>
    public bool ReceiveMany(ReceivedBatch batch, Deadline deadline, CancellationToken cancellation = default)
    {
        Start(cancellation);
        return _inbox.ReceiveMany(batch, deadline, cancellation);
    }

    /// <inheritdoc/>
    public void BeginReading(long most) => _inbox.BeginReading(most);

    /// <inheritdoc/>
    public void EndReading(bool atOnce) => _inbox.EndReading(atOnce);

    /// <inheritdoc/>
    /// <remarks>What was in hand goes back for the process that has it from now on, which opens it by its number.</remarks>
    public void PassOn()
    {
        if (!_isPassedOn)
        {
            _isPassedOn = true;
            _inbox.Dispose();
        }
    }

    /// <inheritdoc/>
    public void CloseUntaken()
    {
        // The server drops its queue when nobody has taken from it for a time.
    }

    /// <summary>Ends it: its queue goes.</summary>
    public void Close(CancellationToken cancellation = default)
    {
        if (!_isOver)
        {
            _isOver = true;
            _inbox.Dispose();
            if (!_isPassedOn && !_server.IsDisposed)
            {
                _server.Ask(Name, cancellation, channel => channel.QueueDeleteAsync(_queue, ifUnused: false, ifEmpty: false, cancellationToken: cancellation));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Close();
        }
        catch (IpcException)
        {
            // The server drops it by itself.
        }
    }

    /// <summary>Each sender numbers its messages: what is missing between two of them was dropped.</summary>
    private void CountLost(MessageKey key)
    {
        if (!_note.DropsOldest)
        {
            return;
        }

        if (_numbers.TryGetValue(key.Sender, out long last) && key.Number > last)
        {
            Lost += key.Number - last - 1;
        }

        _numbers[key.Sender] = Math.Max(last, key.Number);
    }
}
