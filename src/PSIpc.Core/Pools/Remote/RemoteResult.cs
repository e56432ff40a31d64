using System.Text.Json;

namespace PSIpc.Core.Pools.Remote;

/// <summary>What a result brings besides its flags.</summary>
internal enum RemoteResultContent : byte
{
    /// <summary>Records of the item.</summary>
    Records = 0,

    /// <summary>How the worker ended that ran the item.</summary>
    Death = 1,

    /// <summary>Why the item could not be given to a worker, or its result not to the caller: the error's kind and text.</summary>
    Refusal = 2,

    /// <summary>Why the call could not be run: a record.</summary>
    CallFailed = 3,

    /// <summary>Why the call could not be run: the error's kind and text.</summary>
    CallError = 4,
}

/// <summary>One result of an item in a message.</summary>
/// <param name="Item">The index of the item in its batch; -1 for what comes at the end of a call.</param>
/// <param name="Flags">What it says of the item.</param>
/// <param name="Worker">The process id of the worker.</param>
/// <param name="Elapsed">How long the item ran.</param>
/// <param name="Content">What the bytes are.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct RemoteResult(int Item, ResultFlags Flags, int Worker, TimeSpan Elapsed, RemoteResultContent Content, ReadOnlyMemory<byte> Bytes)
{
    public static RemoteResult OfDeath(int item, ResultFlags flags, WorkerDeath death, TimeSpan elapsed) =>
        new(item, flags, death.ProcessId, elapsed, RemoteResultContent.Death, JsonSerializer.SerializeToUtf8Bytes(death));

    public static RemoteResult OfError(int item, Exception error, RemoteResultContent content) =>
        new(item, ResultFlags.Done | ResultFlags.Failed, 0, default, content, ErrorBytes(error));

    public void WriteTo(BodyWriter writer)
    {
        writer.Int(Item);
        writer.Byte((byte)Flags);
        writer.Int(Worker);
        writer.Long(Elapsed.Ticks);
        writer.Byte((byte)Content);
        writer.Bytes(Bytes.Span);
    }

    public static RemoteResult Read(ref BodyReader reader) => new(
        reader.Int(), (ResultFlags)reader.Byte(), reader.Int(), TimeSpan.FromTicks(reader.Long()), (RemoteResultContent)reader.Byte(), reader.Bytes());

    public WorkerDeath ReadDeath()
    {
        try
        {
            return JsonSerializer.Deserialize<WorkerDeath>(Bytes.Span) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.RemoteMessageCut, null, e);
        }
    }

    public IpcException ReadError()
    {
        var reader = new BodyReader(Bytes);
        int kind = reader.Int();
        return new IpcException(Enum.IsDefined((IpcErrorKind)kind) ? (IpcErrorKind)kind : IpcErrorKind.WorkerDied, reader.Text());
    }

    private static byte[] ErrorBytes(Exception error)
    {
        var writer = new BodyWriter();
        writer.Int((int)(error is IpcException ipc ? ipc.Kind : IpcErrorKind.WorkerDied));
        writer.Text(error.Message);
        return writer.Written.ToArray();
    }
}
