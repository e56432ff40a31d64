using System.Management.Automation;
using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// What an item writes, on its way to the pool: collected until the item ends, so that a short item is one message, or until it has lain for
/// a while, so that a long item's output is seen as it comes.
/// </summary>
/// <remarks>A record is a byte for its stream, four for its length, then its bytes.</remarks>
internal sealed class ItemRecords : IDisposable
{
    private const int HeadSize = 5;
    private const int FullBytes = 128 << 10;
    private const int TickMilliseconds = 20;

    private static readonly IIpcSerializer Serializer = IpcSerializers.Get(IpcSerializers.DefaultName);

    private readonly object _gate = new();
    private readonly WorkerEnd _end;
    private readonly Timer _timer;
    private readonly MessageBuffer _buffer = MessageBuffer.Rent();
    private WorkerItem _item;
    private bool _isOpen;
    private bool _isTicking;
    private ulong _seenByTick;

    public ItemRecords(WorkerEnd end)
    {
        _end = end;
        _timer = new Timer(static state => ((ItemRecords)state!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>What is written from now on is of this item.</summary>
    public void Begin(in WorkerItem item)
    {
        lock (_gate)
        {
            _item = item;
            _isOpen = true;
            Reset();
        }
    }

    /// <summary>Adds a record; an object that cannot be written arrives as the error that says so.</summary>
    public void Add(StreamKind stream, object? value)
    {
        lock (_gate)
        {
            if (!_isOpen)
            {
                return; // Of nobody's: written between two items.
            }

            Write(stream, value);
            if (_buffer.Length > FullBytes)
            {
                Send(ResultFlags.None);
            }
            else if (!_isTicking)
            {
                _isTicking = true;
                _timer.Change(TickMilliseconds, TickMilliseconds);
            }
        }
    }

    /// <summary>The item is done.</summary>
    public void Finish(ResultFlags flags)
    {
        lock (_gate)
        {
            Send(flags | ResultFlags.Done);
            _isOpen = false;
        }
    }

    /// <summary>Sends what there is of an item that will not come to its end.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isOpen && _buffer.Length > ResultHeader.Size)
            {
                Send(ResultFlags.None);
            }
        }
    }

    /// <summary>Sends a record that is of no item: why a call cannot be run, or the worker not start.</summary>
    public void Refuse(PoolReply reply, uint call, ErrorRecord error)
    {
        lock (_gate)
        {
            bool wasOpen = _isOpen;
            Flush();
            Span<byte> head = stackalloc byte[PoolMessage.ShortHeaderSize];
            PoolMessage.WriteShort(head, (byte)reply, call);
            _buffer.Truncate(0);
            head.CopyTo(_buffer.GetSpan(head.Length));
            _buffer.Advance(head.Length);
            Write(StreamKind.Failure, error);
            _end.Reply(_buffer.Written, ring: true);
            Reset();
            _isOpen = wasOpen;
        }
    }

    /// <summary>Reads the first of some records and moves on to the next; records that are cut short are an error, and none are left.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static StreamRecord ReadNext(ref ReadOnlyMemory<byte> records)
    {
        ReadOnlyMemory<byte> all = records;
        int length = all.Length < HeadSize ? -1 : MemoryMarshal.Read<int>(all.Span[1..]);
        if (length < 0 || length > all.Length - HeadSize)
        {
            records = default;
            throw new IpcException(IpcErrorKind.CorruptData, "A worker's record is cut short.");
        }

        records = all[(HeadSize + length)..];
        return new StreamRecord((StreamKind)all.Span[0], Serializer.Deserialize(all.Slice(HeadSize, length)));
    }

    public void Dispose() => _timer.Dispose();

    private void Write(StreamKind stream, object? value)
    {
        int start = _buffer.Length;
        _buffer.GetSpan(HeadSize)[0] = (byte)stream;
        _buffer.Advance(HeadSize);
        try
        {
            Serializer.Serialize(value, _buffer, IpcSerializers.DefaultDepth);
        }
        catch (IpcException e)
        {
            _buffer.Truncate(start);
            _buffer.GetSpan(HeadSize)[0] = (byte)StreamKind.Error;
            _buffer.Advance(HeadSize);
            Serializer.Serialize(IpcErrorRecord.From(e, value?.ToString()), _buffer, IpcSerializers.DefaultDepth);
        }

        int length = _buffer.Length - start - HeadSize;
        MemoryMarshal.Write(_buffer.Edit(start + 1), in length);
    }

    private void Send(ResultFlags flags)
    {
        _item.WriteHeader(_buffer.Edit(0), flags);
        _end.Reply(_buffer.Written, ring: (flags & ResultFlags.Done) == 0);
        Reset();
    }

    private void Reset()
    {
        _buffer.Truncate(0);
        _buffer.GetSpan(ResultHeader.Size);
        _buffer.Advance(ResultHeader.Size);
    }

    /// <summary>Sends what has lain since the last tick; a tick that finds nothing is the last for now.</summary>
    private void Tick()
    {
        lock (_gate)
        {
            if (!_isOpen || _buffer.Length <= ResultHeader.Size)
            {
                if (!_isOpen || _seenByTick == _item.Ordinal)
                {
                    _isTicking = false;
                    _timer.Change(Timeout.Infinite, Timeout.Infinite);
                }
            }
            else if (_seenByTick == _item.Ordinal)
            {
                Send(ResultFlags.None);
            }

            _seenByTick = _item.Ordinal;
        }
    }
}
