using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// One end of a pipe. It belongs to one process: passed on by <c>$using:</c>, as an argument or in a message, it is the receiver's, until
/// a process uses it, whose it stays.
/// </summary>
public sealed class IpcPipeEnd : IpcChannel
{
    private readonly PipeEnd _end;
    private readonly IpcPipe? _pipe;

    internal IpcPipeEnd(PipeEnd end, IpcPipe? pipe = null)
        : base(end)
    {
        _end = end;
        _pipe = pipe;
    }

    /// <inheritdoc/>
    public override ObjectKind Kind => ObjectKind.Pipe;

    /// <summary>Which end it is: Reader or Writer, First or Second.</summary>
    public string End => (_end.IsDuplex, _end.Index) switch
    {
        (true, 0) => nameof(IpcPipe.First),
        (true, _) => nameof(IpcPipe.Second),
        (false, 0) => nameof(IpcPipe.Reader),
        _ => nameof(IpcPipe.Writer),
    };

    /// <summary>Whether messages can be sent through it.</summary>
    public bool CanSend => _end.CanSend;

    /// <summary>Whether messages can be received through it.</summary>
    public bool CanReceive => _end.CanReceive;

    /// <summary>Messages on the way: to this end, or from it where it only sends.</summary>
    public long Count => _end.Count;

    /// <summary>Bytes that these messages take.</summary>
    public long Bytes => _end.Bytes;

    /// <summary>Bytes of messages that each direction holds.</summary>
    public long Capacity => _end.Capacity;

    /// <summary>The process id of the process that has this end; 0 once it is closed.</summary>
    public int OwnerId => _end.OwnerProcessId;

    /// <inheritdoc/>
    public override IpcReference Reference => new(ObjectKind.Pipe, Name, _end.Directory.FullPath, _end.Index + 1);

    /// <inheritdoc/>
    public override bool IsRemoved => _end.IsRemoved;

    private protected override IIpcObject Owner => _pipe ?? (IIpcObject)this;

    internal override bool TakesSecrets => true;

    internal override IMessageSender Sender => _end;

    internal override IMessageReceiver Receiver => _end;

    internal override IWaitable Waitable => _end.Waitable;

    /// <inheritdoc/>
    public override IpcReference PassOn()
    {
        _end.PassOn();
        return Reference;
    }

    /// <summary>Ends the pipe for both sides and takes its name away.</summary>
    /// <param name="cancellation">Ends a wait for a stopped process.</param>
    public override void Remove(CancellationToken cancellation = default)
    {
        using SharedPipe pipe = SharedPipe.Open(Name, _end.Directory);
        pipe.Remove(cancellation);
    }

    /// <summary>Opens the end that arrived as a reference: it is this process's from now on.</summary>
    internal static IpcPipeEnd Open(IpcReference reference) => reference.Part is 1 or 2
        ? new(PipeEnd.Open(reference.Name, (int)reference.Part - 1, IpcDirectory.At(reference.Directory)))
        : throw new IpcException(IpcErrorKind.CorruptData, Messages.PipeEndNumber.With(reference.Part, reference.Name), reference.Name);

    internal override void CloseUntaken() => _end.CloseUntaken();
}
