using System.Buffers.Binary;
using System.Diagnostics;
using PSIpc.Core.Pools;

namespace PSIpc.TestPeer;

/// <summary>A worker of a pool that knows bytes only: the first byte of an item says what it does, the rest is what it answers.</summary>
internal sealed class PoolVerbs : ICallHandler
{
    public const byte Echo = 0;
    public const byte Die = 1;
    public const byte Hang = 2;
    public const byte Sleep = 3;
    public const byte Exit = 4;
    public const byte Parts = 5;
    public const byte Spin = 6;
    public const byte Definitions = 7;

    private readonly WorkerEnd _end;
    private volatile uint _running;
    private int _opened;
    private byte _defined;

    private PoolVerbs(WorkerEnd end) => _end = end;

    public static int Run(string link)
    {
        WorkerEnd end = WorkerEnd.Open(link);
        end.EndWithParent(static () => { });
        return new PoolVerbs(end).Run();
    }

    public void Open(uint call, ReadOnlyMemory<byte> setup)
    {
        _opened++;
        byte[] reply = new byte[PoolMessage.ShortHeaderSize + setup.Length];
        setup.CopyTo(reply.AsMemory(PoolMessage.ShortHeaderSize));
        bool fails = setup.Length > 0 && setup.Span[0] == Die;
        if (call == 0)
        {
            PoolMessage.WriteShort(reply, (byte)(fails ? PoolReply.StartFailed : PoolReply.Ready), 0);
            _end.Reply(reply, ring: true);
            if (fails)
            {
                Environment.Exit(1);
            }
        }
        else if (setup.Length > 0 && setup.Span[0] == Exit)
        {
            Process.GetCurrentProcess().Kill();
        }
        else if (fails)
        {
            PoolMessage.WriteShort(reply, (byte)PoolReply.CallFailed, call);
            _end.Reply(reply, ring: true);
        }
    }

    public void Define(Guid key, ReadOnlyMemory<byte> definitions) => _defined++;

    public void Forget(uint call)
    {
    }

    private int Run()
    {
        new Thread(StopWhenAsked) { IsBackground = true }.Start();
        var items = new WorkerItems(_end, this);
        byte[] result = new byte[64];
        while (items.TryBegin(out WorkerItem item))
        {
            ReadOnlySpan<byte> bytes = item.Bytes.Span;
            _running = item.Call;
            ResultFlags flags = ResultFlags.Done;
            switch (item.IsEnd ? Echo : bytes[0])
            {
                case Die:
                    Process.GetCurrentProcess().Kill();
                    break;
                case Hang:
                    Thread.Sleep(Timeout.Infinite);
                    break;
                case Sleep:
                    // Until it is asked to stop.
                    var clock = Stopwatch.StartNew(); // Environment.TickCount goes in steps of 4 ms.
                    int milliseconds = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
                    while (clock.ElapsedMilliseconds < milliseconds && _running == item.Call)
                    {
                        Thread.Sleep(1);
                    }

                    flags |= _running == item.Call ? ResultFlags.None : ResultFlags.Stopped;
                    break;
                case Spin:
                    Thread.SpinWait(BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]));
                    break;
                case Exit:
                    _end.NoteExit(bytes[1]);
                    Environment.Exit(bytes[1]);
                    break;
                case Definitions:
                    Write(item, flags, [_defined], ref result);
                    continue;
                case Parts:
                    Write(item, ResultFlags.None, bytes[..1], ref result);
                    Write(item, ResultFlags.None, bytes[..2], ref result);
                    break;
            }

            Write(item, flags, item.IsEnd ? "end"u8 : bytes, ref result);
        }

        _end.NoteExit(0);
        return 0;
    }

    private void StopWhenAsked()
    {
        for (uint call = 0; ;)
        {
            call = _end.WaitForStop(call);
            if (_running == call)
            {
                _running = 0;
            }
        }
    }

    private void Write(WorkerItem item, ResultFlags flags, ReadOnlySpan<byte> records, ref byte[] result)
    {
        if (result.Length < ResultHeader.Size + records.Length)
        {
            result = new byte[ResultHeader.Size + records.Length];
        }

        item.WriteHeader(result, flags);
        records.CopyTo(result.AsSpan(ResultHeader.Size));
        _end.Reply(result.AsSpan(0, ResultHeader.Size + records.Length), ring: (flags & ResultFlags.Done) == 0);
    }
}
