using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Connections;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// One end of a connection to a Python process, or to a PowerShell one that shares no memory with this one. Send-IpcMessage, Receive-IpcMessage and Wait-IpcObject take it like any
/// channel.
/// </summary>
/// <remarks>It belongs to this process and does not travel. Its messages do not say what wrote them: both sides use <see cref="IpcChannel.Serializer"/>, or agree otherwise.</remarks>
public sealed class IpcConnection : IpcChannel
{
    private readonly PeerConnection _connection;
    private readonly bool _isPickle;
    private PickleOptions _options = new();
    private PickleIpcSerializer? _pickle;

    internal IpcConnection(PeerConnection connection)
        : base(connection)
    {
        _connection = connection;
        _isPickle = connection.DefaultFormat.Number == PickleIpcSerializer.FormatNumber;
    }

    /// <summary>None: it is no shared memory.</summary>
    public override ObjectKind Kind => ObjectKind.None;

    /// <summary>Where the listener is.</summary>
    public string Address => _connection.Address.Text;

    /// <summary>Whether both ends have proved that they know the key.</summary>
    public bool IsAuthenticated => _connection.IsAuthenticated;

    /// <summary>The process at the other end; 0 where the system does not tell (TCP).</summary>
    public int PeerId => _connection.PeerProcessId;

    /// <summary>Messages that have arrived.</summary>
    public long Count => _connection.Count;

    /// <summary>The protocol of the pickles that are sent, 2 to 5 (4).</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidArgument"/>.</exception>
    public int PickleProtocol
    {
        get => _options.Protocol;
        set => PickleOptions = value is >= PickleOptions.LowestProtocol and <= PickleOptions.HighestProtocol
            ? _options with { Protocol = value }
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PickleProtocolOutOfRange.With(PickleOptions.LowestProtocol, PickleOptions.HighestProtocol, value), Name);
    }

    /// <summary>Whether arrays of numbers are sent as NumPy arrays, not as lists.</summary>
    public bool NumPy
    {
        get => _options.NumPy;
        set => PickleOptions = _options with { NumPy = value };
    }

    /// <summary>Whether objects of unknown classes are received as PSCustomObjects, not refused.</summary>
    public bool AllowUnknown
    {
        get => _options.AllowUnknown;
        set => PickleOptions = _options with { AllowUnknown = value };
    }

    /// <summary>What names it in this process. It does not open elsewhere.</summary>
    public override IpcReference Reference => new(ObjectKind.None, Name, "");

    /// <summary>Whether it is closed.</summary>
    public override bool IsRemoved => _connection.IsClosed;

    internal PickleOptions PickleOptions
    {
        get => _options;
        set
        {
            _options = value;
            _pickle = null;
        }
    }

    internal override IIpcSerializer DefaultSerializer => _isPickle ? _pickle ??= new PickleIpcSerializer(_options) : base.DefaultSerializer;

    internal override IIpcSerializer Reader => DefaultSerializer;

    internal override bool TakesSecrets => false;

    internal override IMessageSender Sender => _connection;

    internal override IMessageReceiver Receiver => _connection;

    internal override IWaitable Waitable => _connection.Waitable;

    /// <summary>Connects to a listener, of this module or of Python.</summary>
    /// <param name="address">The path of its socket, <c>host:port</c>, or a named pipe of Windows.</param>
    /// <param name="authKey">The key that both know: a SecureString, a text, or bytes; null for none.</param>
    /// <param name="timeout">Seconds or a TimeSpan to wait for it to take the connection; null for ever.</param>
    /// <param name="serializer">What messages are written in.</param>
    /// <exception cref="IpcException">Nobody listens, the key is wrong, or the time was up.</exception>
    public static IpcConnection Connect(string address, object? authKey = null, object? timeout = null, string serializer = PickleIpcSerializer.SerializerName) => new(PeerConnection.Connect(
        PeerAddress.Parse(address),
        AuthKeyArgument.ToBytes(authKey),
        IpcSerializers.FormatOf(serializer),
        wait: false,
        timeout is null ? Deadline.Never : Deadline.After(IpcTimeout.Parse(timeout))));

    /// <summary>A connection does not travel: a process connects to the listener by itself.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/>.</exception>
    public override IpcReference PassOn() => throw new IpcException(
        IpcErrorKind.NotSupported, Messages.ConnectionDoesNotTravel.With(Name, Address), Name);

    /// <summary>Closes it.</summary>
    /// <param name="cancellation">Not used.</param>
    public override void Remove(CancellationToken cancellation = default) => _connection.Close(cancellation);
}
