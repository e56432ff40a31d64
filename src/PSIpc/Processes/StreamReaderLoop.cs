using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>Reads the records of a child out of their link: a byte for the stream, then the object.</summary>
internal sealed class StreamReaderLoop(ProcessLink link)
{
    private readonly ReceivedMessage _message = new();

    /// <summary>Reads until the child is gone and the link is empty.</summary>
    public void ReadUntilGone(Action<StreamRecord> take, CancellationToken gone)
    {
        try
        {
            while (link.ReceiveFromChild(_message, Deadline.Never, gone))
            {
                take(Read());
            }
        }
        catch (OperationCanceledException)
        {
            while (link.ReceiveFromChild(_message, Deadline.Now, default))
            {
                take(Read());
            }
        }
        catch (IpcException e)
        {
            take(new StreamRecord(StreamKind.Error, IpcErrorRecord.From(e)));
        }
    }

    private StreamRecord Read()
    {
        if (_message.Body.Length == 1 && (StreamKind)_message.Body.Span[0] == StreamKind.Begun)
        {
            return new StreamRecord(StreamKind.Begun, null);
        }

        try
        {
            object? value = IpcSerializers.Get(_message.Stamp.Format).Deserialize(_message.Body[1..]);
            return new StreamRecord((StreamKind)_message.Body.Span[0], value);
        }
        catch (IpcException e)
        {
            return new StreamRecord(StreamKind.Error, IpcErrorRecord.From(e));
        }
    }
}
