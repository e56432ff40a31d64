using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Sends objects through a channel. Waits while the channel is full.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Send, "IpcMessage", DefaultParameterSetName = WaitingSet)]
[OutputType(typeof(object))]
public sealed class SendIpcMessageCommand : IpcCmdlet
{
    private const string WaitingSet = "Waiting";
    private const string NoWaitSet = "NoWait";

    private IpcQueue? _queue;
    private IIpcSerializer? _serializer;

    /// <summary>The channel: a queue, or its name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Queue", "Name")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    public object Channel { get; set; } = "";

    /// <summary>The object to send; from the pipeline each object is a message. An array given as the argument is one message.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? InputObject { get; set; }

    /// <summary>The serializer; the channel's own when it is not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    public string? Serializer { get; set; }

    /// <summary>The longest time to wait for room for each message: seconds, or a TimeSpan. For ever when it is not given.</summary>
    [Parameter(ParameterSetName = WaitingSet)]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Do not wait: a message for which there is no room now is an error, and not sent.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NoWaitSet)]
    public SwitchParameter NoWait { get; set; }

    /// <summary>Write each object that was sent to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Opens the channel.</summary>
    protected override void BeginProcessing() => Try(
        () =>
        {
            _queue = QueueArgument.Resolve(Channel);
            _serializer = IpcSerializers.Get(Serializer ?? _queue.Serializer);
        },
        Channel);

    /// <summary>Sends one object.</summary>
    protected override void ProcessRecord()
    {
        if (_queue is not null && _serializer is not null && Try(Send, InputObject) && PassThru)
        {
            WriteObject(InputObject);
        }
    }

    private void Send()
    {
        Deadline deadline = NoWait ? Deadline.Now : Deadline.After(Timeout);
        if (!MessageCodec.Send(_queue!.Channel, InputObject, _serializer!, deadline, StopToken))
        {
            throw IpcTimeout.Full(_queue.Name);
        }
    }
}
