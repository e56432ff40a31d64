using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PSIpc.Core.Pools;

/// <summary>What a pool says to a worker: the first byte of a message.</summary>
internal enum PoolRequest : byte
{
    /// <summary>A call: the number, then what its items are run with.</summary>
    Open = 1,

    /// <summary>Items of a call, to be run in their order.</summary>
    Items = 2,

    /// <summary>The call has no more items for this worker: run what comes at the end. It is claimed and answered as an item.</summary>
    End = 3,

    /// <summary>The call is over.</summary>
    Forget = 4,

    /// <summary>There is no more work.</summary>
    Exit = 5,

    /// <summary>Definitions that calls refer to by their key: once to each worker, before the first call that has them.</summary>
    Define = 6,
}

/// <summary>What a worker says to its pool: the first byte of a message.</summary>
internal enum PoolReply : byte
{
    /// <summary>The worker can run items.</summary>
    Ready = 1,

    /// <summary>Records of an item, or its end.</summary>
    Result = 2,

    /// <summary>The call cannot be run: a record that says why.</summary>
    CallFailed = 3,

    /// <summary>The worker cannot run anything: a record that says why.</summary>
    StartFailed = 4,
}

/// <summary>What a result says of its item.</summary>
[Flags]
internal enum ResultFlags : byte
{
    /// <summary>Records of an item that goes on.</summary>
    None = 0,

    /// <summary>The item is done: nothing more comes of it.</summary>
    Done = 1,

    /// <summary>The item ended by an error.</summary>
    Failed = 2,

    /// <summary>The item was stopped because its call was.</summary>
    Stopped = 4,

    /// <summary>The worker died of it or with it.</summary>
    Died = 8,

    /// <summary>The item ran longer than it may.</summary>
    TimedOut = 16,
}

/// <summary>The head of a message that brings items: 32 bytes, then the ends of the items as 32-bit numbers, then their bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct ItemsHeader
{
    /// <summary>Bytes of the head.</summary>
    public const int Size = 32;

    public PoolRequest Request;
    public uint Call;
    public uint Epoch;

    /// <summary>The number of items.</summary>
    public int Count;

    /// <summary>The ordinal of the first one.</summary>
    public ulong FirstOrdinal;

    /// <summary>What the first end counts from: item i is from end i-1 to end i, less this.</summary>
    public int Start;
}

/// <summary>The head of a result: 40 bytes, then its records.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct ResultHeader
{
    /// <summary>Bytes of the head.</summary>
    public const int Size = 40;

    public PoolReply Reply;
    public ResultFlags Flags;
    public uint Call;
    public ulong Ordinal;

    /// <summary>When the item was begun, on the clock of Stopwatch, which all processes of a machine share.</summary>
    public long StartedAt;

    /// <summary>How long it took, in ticks of that clock, where it is done.</summary>
    public long Elapsed;
}

/// <summary>The bytes of messages between a pool and its workers, as docs/protocol.md has them.</summary>
internal static class PoolMessage
{
    /// <summary>Bytes before what a message of another kind brings: the kind, three unused ones, the number of the call.</summary>
    public const int ShortHeaderSize = 8;

    /// <summary>Bytes before definitions: as above, and their key.</summary>
    public const int DefineHeaderSize = ShortHeaderSize + 16;

    /// <summary>The number in place of a call's in what a worker's own machine tells it before it has a pool: the same request as <see cref="PoolRequest.Open"/>.</summary>
    public const uint Greeting = uint.MaxValue;

    /// <summary>The number of a message's call, for all but items and results.</summary>
    public static uint CallOf(ReadOnlySpan<byte> message) => Read<uint>(message, 4);

    /// <summary>Writes the short head of a message.</summary>
    public static void WriteShort(Span<byte> target, byte kind, uint call)
    {
        target[..ShortHeaderSize].Clear();
        target[0] = kind;
        MemoryMarshal.Write(target[4..], in call);
    }

    /// <summary>Reads a structure out of a message.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when the message is too short for it.</exception>
    public static T Read<T>(ReadOnlySpan<byte> message, int at = 0)
        where T : unmanaged =>
        message.Length >= at + Unsafe.SizeOf<T>()
            ? MemoryMarshal.Read<T>(message[at..])
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolMessageCut.With(message.Length));
}
