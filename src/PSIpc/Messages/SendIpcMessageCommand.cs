using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Sends objects through a channel. Waits while the channel is full.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Send, "IpcMessage")]
[OutputType(typeof(object))]
public sealed class SendIpcMessageCommand : IpcCmdlet
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    // No sets of parameters: PowerShell would go through them for every object of the pipeline.
    private readonly Action _send;
    private IpcChannel? _channel;
    private IMessageSender? _sender;
    private ISendPipeline? _pipeline;
    private IIpcSerializer? _serializer;
    private DownstreamOutput.Source? _turns;
    private long _underWay;
    private BagReport? _bags;
    private WriteOptions _options;

    /// <summary>Creates the cmdlet.</summary>
    public SendIpcMessageCommand() => _send = Send;

    /// <summary>The channel: a queue, a topic, an end of a pipe, a pipe of one way, or a name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Queue", "Topic", "Pipe", "Name")]
    [ArgumentCompleter(typeof(ChannelNameCompleter))]
    public object Channel { get; set; } = "";

    /// <summary>The object to send; from the pipeline each object is a message. An array given as the argument is one message.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The serializer; by default that of the channel.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string? Serializer { get; set; }

    /// <summary>The layout of the C structure, for the serializer CStruct: what New-CStruct made, its name, or C text.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CStructNameCompleter))]
    [ValidateNotNull]
    public object? Layout { get; set; }

    /// <summary>Writes arrays of numbers into a pickle as NumPy arrays, which a Python without NumPy cannot read, instead of as lists.</summary>
    [Parameter]
    public SwitchParameter NumPy { get; set; }

    /// <summary>The maximum time to wait for room for each message, in seconds or as a TimeSpan. By default there is no limit. It excludes <c>-NoWait</c>.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Does not wait for room: a message that does not fit now is an error, and is not sent.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Sends secure strings and credentials through any channel, to a server or another machine, too, as plain text that every reader of the message can read. Without it only channels in the memory of this user's processes accept them.</summary>
    [Parameter]
    public SwitchParameter AllowSecret { get; set; }

    /// <summary>Writes each sent object to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Opens the channel.</summary>
    protected override void BeginProcessing()
    {
        if (NoWait && MyInvocation.BoundParameters.ContainsKey(nameof(Timeout)))
        {
            ThrowTerminatingError(IpcErrorRecord.From(new IpcException(IpcErrorKind.InvalidArgument, Messages.NoWaitWithTimeout), null));
        }

        Try(
            () =>
            {
                IpcChannel channel = ChannelArgument.ToSendInto(Channel);
                _sender = channel.Sender;
                _serializer = Serializer is null && Layout is null && !NumPy
                    ? channel.DefaultSerializer
                    : IpcSerializers.Get(Serializer, LayoutFor(channel), OptionsFor(channel));
                _pipeline = (_sender as IPipelinedSender)?.BeginPipeline();
                _bags = BagReport.For(this);
                _options = new WriteOptions(AllowSecret || channel.TakesSecrets, _bags?.Types);
                _channel = channel;
                if (_pipeline is not null)
                {
                    _turns = DownstreamOutput.Register(this, ready: null, NextLook);
                }
            },
            Channel);
    }

    /// <summary>Sends one object.</summary>
    protected override void ProcessRecord()
    {
        if (_pipeline is not null)
        {
            _turns?.BeginWork();
            if (_turns is null || !PipelineTurn.IsMarker(InputObject))
            {
                Try(_send, InputObject);
            }

            WriteSettled(wait: false);
            _turns?.EndWork();
        }
        else if (_channel is not null && Try(_send, InputObject) && PassThru)
        {
            WriteObject(InputObject);
        }
    }

    /// <summary>Waits for what is under way: when the cmdlet ends, a server has it.</summary>
    protected override void EndProcessing()
    {
        _turns?.End();
        WriteSettled(wait: true);
        _bags?.Write();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // After an end by an error or by a later command, what was sent by then still gets there; after Ctrl+C what has left this process does.
        if (disposing && _pipeline is not null && StopToken.IsCancellationRequested)
        {
            _pipeline.Abandon();
        }

        _turns?.End();
        base.Dispose(disposing);
    }

    /// <summary>The layout that was asked for, else the channel's where CStruct was.</summary>
    private CStruct? LayoutFor(IpcChannel channel) => Layout is not null ? CStructArgument.Resolve(Layout)
        : string.Equals(Serializer, CStructIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase) ? channel.Layout
        : null;

    /// <summary>How a connection writes its pickles, and what was asked for.</summary>
    private PickleOptions OptionsFor(IpcChannel channel)
    {
        bool isPickle = Layout is null && (Serializer is null || string.Equals(Serializer, PickleIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase));
        PickleOptions own = isPickle && channel is IpcConnection connection ? connection.PickleOptions : new PickleOptions();
        return own with { NumPy = own.NumPy || NumPy };
    }

    private void Send()
    {
        Deadline deadline = NoWait ? Deadline.Now : Deadline.After(Timeout);
        if (_pipeline is not null)
        {
            MessageCodec.Post(_pipeline, InputObject, _serializer!, _options, deadline, StopToken);
            _underWay++;
            return;
        }

        if (!MessageCodec.Send(_sender!, InputObject, _serializer!, _options, deadline, StopToken))
        {
            throw IpcTimeout.Full(_channel!.Name);
        }
    }

    /// <summary>Writes what became of messages, in their order.</summary>
    private void WriteSettled(bool wait)
    {
        SettledMessage settled = default;
        while (_pipeline is not null && TryTake(wait, ref settled))
        {
            _underWay--;
            if (!settled.IsSent)
            {
                WriteError(IpcErrorRecord.From(settled.Error ?? IpcTimeout.Full(_channel!.Name), settled.Tag));
            }
            else if (PassThru)
            {
                WriteObject(settled.Tag);
            }
        }
    }

    /// <summary>When to look next what became of messages, while a command before this one waits.</summary>
    private Deadline NextLook() => _underWay > 0 ? Deadline.After(LookInterval) : Deadline.Never;

    private bool TryTake(bool wait, ref SettledMessage settled)
    {
        try
        {
            return _pipeline!.TryTake(wait, out settled, StopToken);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }
}
