using System.Diagnostics.CodeAnalysis;
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
[SuppressMessage("Design", "CA1001", Justification = "Its timer lives as long as the process.")]
internal sealed class ItemRecords
{
    private const int HeadSize = 5;
    private const int FullBytes = 128 << 10;
    private const int KeptBytes = 1 << 20;
    private const int TickMilliseconds = 20;

    private static readonly IIpcSerializer Serializer = IpcSerializers.Get(IpcSerializers.DefaultName);

    private readonly object _gate = new();
    private readonly WorkerEnd _end;
    private readonly Timer _timer;
    private readonly MessageBuffer _buffer = MessageBuffer.Rent();
    private WorkerItem _item;
    private bool _isOpen;
    private bool _isTicking;
    private bool _isLost;
    private ulong _seenByTick;

    public ItemRecords(WorkerEnd end)
    {
        _end = end;
        _timer = new Timer(static state => ((ItemRecords)state!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whether results may hold secure strings and credentials: the pool is on this machine.</summary>
    public bool AllowsSecrets { get; set; } = true;

    /// <summary>What is written from now on is of this item.</summary>
    public void Begin(in WorkerItem item)
    {
        lock (_gate)
        {
            _item = item;
            _isOpen = true;
            _isLost = false;
            Reset();
        }
    }

    /// <summary>Adds a record. An object that cannot be written arrives as the error that says so, and its item fails: a result is lost.</summary>
    public void Add(StreamKind stream, object? value)
    {
        // Without the lock and in a buffer of its own: a property of the object may run a script, which writes records itself.
        MessageBuffer record = MessageBuffer.Rent(new WriteOptions(AllowsSecrets));
        try
        {
            bool isWritten = Write(record, stream, value);
            lock (_gate)
            {
                if (_isOpen) // Else it is of nobody's: written between two items.
                {
                    _isLost |= !isWritten;
                    _buffer.HoldsSecrets |= record.HoldsSecrets;
                    Append(record.Written);
                }
            }
        }
        finally
        {
            record.Return();
        }
    }

    /// <summary>The item is done.</summary>
    public void Finish(ResultFlags flags)
    {
        lock (_gate)
        {
            Send(flags | ResultFlags.Done | (_isLost ? ResultFlags.Failed : 0));
            _isOpen = false;
            StartTicking();
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
        MessageBuffer message = MessageBuffer.Rent();
        try
        {
            PoolMessage.WriteShort(message.GetSpan(PoolMessage.ShortHeaderSize), (byte)reply, call);
            message.Advance(PoolMessage.ShortHeaderSize);
            Write(message, StreamKind.Failure, error);
            lock (_gate)
            {
                _end.Reply(message.Written, ring: true);
            }
        }
        finally
        {
            message.Return();
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
            throw new IpcException(IpcErrorKind.CorruptData, Messages.WorkerRecordCut);
        }

        records = all[(HeadSize + length)..];
        return new StreamRecord((StreamKind)all.Span[0], Serializer.Deserialize(all.Slice(HeadSize, length)));
    }

    /// <summary>Writes a record, or the error that it cannot be written.</summary>
    private static bool Write(MessageBuffer target, StreamKind stream, object? value)
    {
        int start = target.Length;
        try
        {
            WriteOnce(target, stream, value);
            return true;
        }
        catch (IpcException e)
        {
            target.Truncate(start);
            WriteOnce(target, StreamKind.Failure, IpcErrorRecord.From(e));
            return false;
        }
    }

    private static void WriteOnce(MessageBuffer target, StreamKind stream, object? value)
    {
        int start = target.Length;
        target.GetSpan(HeadSize)[0] = (byte)stream;
        target.Advance(HeadSize);
        Serializer.Serialize(value, target, IpcSerializers.DefaultDepth);
        int length = target.Length - start - HeadSize;
        MemoryMarshal.Write(target.Edit(start + 1), in length);
    }

    private void Append(ReadOnlySpan<byte> record)
    {
        record.CopyTo(_buffer.GetSpan(record.Length));
        _buffer.Advance(record.Length);
        if (_buffer.Length > FullBytes)
        {
            Send(ResultFlags.None);
        }
        else
        {
            StartTicking();
        }
    }

    /// <summary>Sends what there is. Where the folder of shared objects has no room for it, it is lost, and the error that says so is sent instead.</summary>
    private void Send(ResultFlags flags)
    {
        try
        {
            SendOnce(flags);
        }
        catch (IpcException e)
        {
            Reset();
            WriteOnce(_buffer, StreamKind.Failure, IpcErrorRecord.From(e));
            SendOnce(flags | ((flags & ResultFlags.Done) != 0 ? ResultFlags.Failed : 0));
        }
    }

    private void SendOnce(ResultFlags flags)
    {
        _item.WriteHeader(_buffer.Edit(0), flags);
        _end.Reply(_buffer.Written, ring: (flags & ResultFlags.Done) == 0, _buffer.HoldsSecrets);
        Reset();
    }

    private void Reset()
    {
        _buffer.Reset(KeptBytes);
        _buffer.GetSpan(ResultHeader.Size);
        _buffer.Advance(ResultHeader.Size);
    }

    private void StartTicking()
    {
        if (!_isTicking)
        {
            _isTicking = true;
            _timer.Change(TickMilliseconds, TickMilliseconds);
        }
    }

    /// <summary>Sends what has lain since the last tick, and rings if that was put off; a tick that finds nothing is the last for now.</summary>
    private void Tick()
    {
        // Held by a thread that waits for room: the next tick looks again, and none waits for it.
        if (!Monitor.TryEnter(_gate))
        {
            return;
        }

        try
        {
            TickNow();
        }
        catch (IpcException)
        {
            // The folder is full, even for the error: the end of the item says it.
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }

    private void TickNow()
    {
        bool hasRecords = _isOpen && _buffer.Length > ResultHeader.Size;
        if (hasRecords && _seenByTick == _item.Ordinal)
        {
            Send(ResultFlags.None);
        }

        if (_end.IsRingDue)
        {
            _end.Ring();
        }
        else if (!hasRecords)
        {
            _isTicking = false;
            _timer.Change(Timeout.Infinite, Timeout.Infinite);
        }

        _seenByTick = _item.Ordinal;
    }
}
