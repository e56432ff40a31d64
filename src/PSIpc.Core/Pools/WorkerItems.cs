using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Pools;

/// <summary>An item that this worker has begun, or the end of a call.</summary>
/// <param name="Call">The number of its call.</param>
/// <param name="Ordinal">Which of this worker's items it is.</param>
/// <param name="StartedAt">When it was begun, on the clock of Stopwatch.</param>
/// <param name="Bytes">Its bytes; valid until the next item.</param>
/// <param name="IsEnd">Whether it is no item, but what comes at the end of the call.</param>
internal readonly record struct WorkerItem(uint Call, ulong Ordinal, long StartedAt, ReadOnlyMemory<byte> Bytes, bool IsEnd)
{
    /// <summary>Fills the head of a result.</summary>
    public void WriteHeader(Span<byte> target, ResultFlags flags)
    {
        var header = new ResultHeader
        {
            Reply = PoolReply.Result,
            Flags = flags,
            Call = Call,
            Ordinal = Ordinal,
            StartedAt = StartedAt,
            Elapsed = Stopwatch.GetTimestamp() - StartedAt,
        };
        MemoryMarshal.Write(target, in header);
    }
}

/// <summary>What a worker does besides running items.</summary>
internal interface ICallHandler
{
    /// <summary>A call begins, or (number 0) the worker itself.</summary>
    void Open(uint call, ReadOnlyMemory<byte> setup);

    /// <summary>Definitions come that later calls have.</summary>
    void Define(Guid key, ReadOnlyMemory<byte> definitions);

    /// <summary>A call is over.</summary>
    void Forget(uint call);
}

/// <summary>The items that a worker is given, one after the other, each claimed before it is handed out. It keeps its place, whatever an item throws.</summary>
internal sealed class WorkerItems(WorkerEnd end, ICallHandler handler)
{
    private ItemsHeader _header;
    private int _next;
    private int _start;

    /// <summary>Begins the next item, waiting for it; false when there is no more work.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public bool TryBegin(out WorkerItem item)
    {
        while (true)
        {
            while (_next < _header.Count)
            {
                int index = _next++;
                ReadOnlyMemory<byte> bytes = _header.Request == PoolRequest.End ? default : BytesOf(index);
                ulong ordinal = _header.FirstOrdinal + (ulong)index;
                if (end.TryBegin(ordinal, _header.Epoch, out long startedAt))
                {
                    item = new WorkerItem(_header.Call, ordinal, startedAt, bytes, _header.Request == PoolRequest.End);
                    return true;
                }

                _next = _header.Count; // Taken back, and so are all behind it.
            }

            end.NoteMemory();
            end.Receive();
            switch (end.Request)
            {
                case PoolRequest.Open:
                    handler.Open(PoolMessage.CallOf(end.Message.Span), end.Message[PoolMessage.ShortHeaderSize..]);
                    break;
                case PoolRequest.Define:
                    if (end.Message.Length < PoolMessage.DefineHeaderSize)
                    {
                        throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolItemsCut);
                    }

                    handler.Define(new Guid(end.Message.Span.Slice(PoolMessage.ShortHeaderSize, 16)), end.Message[PoolMessage.DefineHeaderSize..]);
                    break;
                case PoolRequest.Items or PoolRequest.End:
                    Begin();
                    break;
                case PoolRequest.Forget:
                    handler.Forget(PoolMessage.CallOf(end.Message.Span));
                    break;
                case PoolRequest.Exit:
                    item = default;
                    return false;
                default:
                    throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolRequestUnknown.With((int)end.Request));
            }
        }
    }

    private void Begin()
    {
        _header = PoolMessage.Read<ItemsHeader>(end.Message.Span);
        _next = 0;
        _start = _header.Start;
        long ends = _header.Request == PoolRequest.End ? 0 : (long)_header.Count * sizeof(int);
        if (_header.Count < 0 || ItemsHeader.Size + ends > end.Message.Length)
        {
            _header = default;
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolItemsCut);
        }
    }

    private ReadOnlyMemory<byte> BytesOf(int index)
    {
        int itemEnd = PoolMessage.Read<int>(end.Message.Span, ItemsHeader.Size + (index * sizeof(int)));
        int from = _start - _header.Start;
        int length = itemEnd - _start;
        _start = itemEnd;
        return end.Message.Slice(ItemsHeader.Size + (_header.Count * sizeof(int)) + from, length);
    }
}
