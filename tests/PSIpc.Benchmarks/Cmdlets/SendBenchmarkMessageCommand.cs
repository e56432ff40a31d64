using System.Management.Automation;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks.Cmdlets;

/// <summary>What Send-IpcMessage could be: only the pipeline, only the serializer, one by one, or batches that hold messages back. For comparison with it, in the same session.</summary>
[Cmdlet(VerbsCommunications.Send, "BenchmarkMessage")]
public sealed class SendBenchmarkMessageCommand : IpcCmdlet
{
    private const int Batch = 64;

    private readonly int[] _lengths = new int[Batch];
    private readonly Action _work;
    private MessageBuffer _buffer = null!;
    private IpcChannel _channel = null!;
    private IIpcSerializer _serializer = null!;
    private int _count;

    /// <summary>Creates the cmdlet.</summary>
    public SendBenchmarkMessageCommand() => _work = Work;

    /// <summary>The queue.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public object Channel { get; set; } = "";

    /// <summary>The object to send.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>How much of the work to do.</summary>
    [Parameter]
    [ValidateSet("Nothing", "Serialize", "Single", "Batch")]
    public string Step { get; set; } = "Nothing";

    /// <summary>Opens the channel.</summary>
    protected override void BeginProcessing()
    {
        _channel = ChannelArgument.ToSendInto(Channel);
        _serializer = _channel.DefaultSerializer;
        _buffer = MessageBuffer.Rent();
    }

    /// <summary>Does the work of one object.</summary>
    protected override void ProcessRecord() => Try(_work, InputObject);

    /// <summary>Sends the rest.</summary>
    protected override void EndProcessing()
    {
        Flush();
        _buffer.Return();
    }

    private void Work()
    {
        if (Step == "Nothing")
        {
            return;
        }

        if (Step == "Single")
        {
            MessageCodec.Send(_channel.Sender, InputObject, _serializer, default, Deadline.Never, StopToken);
            return;
        }

        int before = _buffer.Length;
        MessageCodec.Write(InputObject, _serializer, _buffer);
        if (Step == "Serialize")
        {
            _buffer.Truncate(0);
            return;
        }

        _lengths[_count++] = _buffer.Length - before;
        if (_count == Batch)
        {
            Flush();
        }
    }

    private void Flush()
    {
        ReadOnlySpan<byte> bodies = _buffer.Written;
        for (int sent = 0; sent < _count;)
        {
            int more = _channel.Sender.SendMany(bodies, _lengths.AsSpan(sent, _count - sent), MessageStamp.Now(_serializer.Format), Deadline.Never, StopToken);
            foreach (int length in _lengths.AsSpan(sent, more))
            {
                bodies = bodies[length..];
            }

            sent += more;
        }

        _count = 0;
        _buffer.Truncate(0);
    }
}
