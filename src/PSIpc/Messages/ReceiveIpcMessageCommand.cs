using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Receives objects from a channel: one, a number of them, those that are available now, or all until the channel is closed.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "IpcMessage", DefaultParameterSetName = OneSet)]
[OutputType(typeof(object), typeof(IpcMessage))]
public sealed class ReceiveIpcMessageCommand : IpcCmdlet
{
    private const string OneSet = "One";
    private const string CountSet = "Count";
    private const string AvailableSet = "Available";
    private const string WaitSet = "Wait";
    private const string NoWaitSet = "NoWait";

    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(100);

    private IIpcSerializer? _by;

    /// <summary>The channel: a queue, a subscription, an end of a pipe, a pipe of one way, or a name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Queue", "Subscription", "Pipe", "Name")]
    [ArgumentCompleter(typeof(ChannelNameCompleter))]
    public object Channel { get; set; } = "";

    /// <summary>The number of messages to receive, waiting for each; by default one.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = CountSet)]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = 1;

    /// <summary>Receives the messages that are in the channel now without waiting; none if it is empty.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AvailableSet)]
    public SwitchParameter Available { get; set; }

    /// <summary>Receives messages as they arrive, until the channel is closed and drained.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WaitSet)]
    public SwitchParameter Wait { get; set; }

    /// <summary>Receives one message if there is one now; else writes nothing, without an error.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NoWaitSet)]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Leaves the message in the channel: the next receive gets it again.</summary>
    [Parameter(ParameterSetName = OneSet)]
    [Parameter(ParameterSetName = NoWaitSet)]
    public SwitchParameter Peek { get; set; }

    /// <summary>The maximum time to wait for each message, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter(ParameterSetName = OneSet)]
    [Parameter(ParameterSetName = CountSet)]
    [Parameter(ParameterSetName = WaitSet)]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Writes each message as an IpcMessage: its body with sender, sequence number, time, serializer and size. A queue that requires
    /// confirmation always does so.
    /// </summary>
    [Parameter]
    public SwitchParameter IncludeMetadata { get; set; }

    /// <summary>The serializer of the messages of a connection, which do not name it; by default that of the connection. Messages of other channels name theirs.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string? Serializer { get; set; }

    /// <summary>Reads objects of any class in a pickle as PSCustomObjects with the name of the class. Without it an object of a class that PSIpc does not know is an error. Nothing is imported or called.</summary>
    [Parameter]
    public SwitchParameter AllowUnknown { get; set; }

    /// <summary>Receives from one channel.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            IpcChannel channel = ChannelArgument.ToReceiveFrom(Channel);
            _ = channel.Receiver;
            _by = ReaderFor(channel);
            if (channel.Receiver is IReadsAhead ahead)
            {
                ReceiveAhead(ahead, channel);
            }
            else
            {
                Receive(channel);
            }
        },
        Channel);

    private void Receive(IpcChannel channel)
    {
        switch (ParameterSetName)
        {
            case WaitSet:
                ReceiveUntilClosed(channel);
                break;
            case AvailableSet:
                ReceiveAvailable(channel);
                break;
            default:
                ReceiveCount(channel);
                break;
        }
    }

    /// <summary>Receives from what fetches messages before they are asked for.</summary>
    private void ReceiveAhead(IReadsAhead ahead, IpcChannel channel)
    {
        ahead.BeginReading(ParameterSetName switch
        {
            WaitSet => long.MaxValue,
            AvailableSet => channel.Receiver.Count,
            _ => Count,
        });
        try
        {
            Receive(channel);
        }
        finally
        {
            ahead.EndReading(StopToken.IsCancellationRequested);
        }
    }

    private void ReceiveCount(IpcChannel channel)
    {
        for (long i = 0; i < Count; i++)
        {
            if (!TryReceive(channel, NoWait ? Deadline.Now : Deadline.After(Timeout)))
            {
                if (!NoWait)
                {
                    throw IpcTimeout.Empty(channel.ShownName);
                }

                return;
            }
        }
    }

    private void ReceiveAvailable(IpcChannel channel)
    {
        // As many as there were at the start: a sender that goes on does not keep this call going on. The system does not tell how many a connection has: only when there
        // are none.
        var looking = Deadline.After(LongestLook);
        do
        {
            for (long left = channel.Receiver.Count; left > 0; left--)
            {
                if (!TryReceiveUnlessClosed(channel, Deadline.Now))
                {
                    return;
                }
            }
        }
        while (channel is IpcConnection && channel.Receiver.Count > 0 && !looking.IsOver);
    }

    private void ReceiveUntilClosed(IpcChannel channel)
    {
        while (TryReceiveUnlessClosed(channel, Deadline.After(Timeout)))
        {
        }

        if (!channel.IsClosed)
        {
            throw IpcTimeout.Empty(channel.ShownName);
        }
    }

    private bool TryReceiveUnlessClosed(IpcChannel channel, Deadline deadline)
    {
        try
        {
            return TryReceive(channel, deadline);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
        {
            return false;
        }
    }

    private bool TryReceive(IpcChannel channel, Deadline deadline)
    {
        bool found = DownstreamOutput.IsExpected
            ? TryReceiveInTurns(channel, deadline, out object? received)
            : MessageCodec.TryReceive(channel, IncludeMetadata, Peek, deadline, out received, StopToken, _by);
        if (found)
        {
            WriteObject(received, enumerateCollection: false);
        }

        return found;
    }

    /// <summary>Receives, and has cmdlets further down the pipeline write what becomes ready meanwhile.</summary>
    private bool TryReceiveInTurns(IpcChannel channel, Deadline deadline, out object? received)
    {
        // What fetches messages is not asked for what it has now: it would stop fetching.
        bool fetches = channel.Receiver is IReadsAhead;
        while (fetches || !MessageCodec.TryReceive(channel, IncludeMetadata, Peek, Deadline.Now, out received, StopToken, _by))
        {
            if (DownstreamOutput.Wait([channel.Waitable], all: false, deadline, StopToken).Count == 0)
            {
                received = null;
                return false;
            }

            if (fetches)
            {
                return MessageCodec.TryReceive(channel, IncludeMetadata, Peek, deadline, out received, StopToken, _by);
            }
        }

        return true;
    }

    private IIpcSerializer? ReaderFor(IpcChannel channel)
    {
        if (Serializer is not null && channel is not IpcConnection)
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.SerializerOnlyForConnections.With(channel.ShownName), channel.ShownName);
        }

        return Serializer is null && !AllowUnknown ? null : IpcSerializers.Get(Serializer, null, new PickleOptions(AllowUnknown: AllowUnknown));
    }
}
