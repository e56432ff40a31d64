using System.Buffers.Binary;
using System.Collections;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>What the items of a call are run with: sent to each worker once a call.</summary>
internal sealed class CallSetup
{
    /// <summary>The script block.</summary>
    public required ScriptSource Script { get; init; }

    /// <summary>The arguments of the script block, by position.</summary>
    public object?[] Arguments { get; init; } = [];

    /// <summary>Values of <c>$using:</c> by the key under which the engine looks them up; null for none.</summary>
    public Hashtable? Using { get; init; }

    /// <summary>The caller's folder, drives and cultures, for the items.</summary>
    public CallerSession Session { get; init; } = new();

    /// <summary>Environment variables of the caller's process that changed since the pool was created.</summary>
    public IReadOnlyList<EnvironmentChange> Environment { get; private init; } = [];

    /// <summary>Which of the streams that are off by default the caller wants.</summary>
    public StreamWishes Wishes { get; init; }

    /// <summary>The live objects that it refers to, which a worker lets go of as soon as the call is over.</summary>
    public IEnumerable<IIpcObject> LiveObjects => Arguments.Concat(Using?.Values.Cast<object?>() ?? []).Select(Unwrap).OfType<IIpcObject>();

    /// <summary>Reads what <see cref="ToBytes"/> made.</summary>
    public static CallSetup FromBytes(ReadOnlyMemory<byte> bytes)
    {
        IReadOnlyList<EnvironmentChange> environment = PoolEnvironment.Read(TakeEnvironment(ref bytes));

        // First, since the call may refer to what is on a server.
        IpcServers.ReadInheritance(ref bytes);
        if (Unwrap(IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(bytes)) is not object?[] { Length: 5 } data)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        var setup = new CallSetup
        {
            Script = ScriptSource.FromData(data[0]),
            Arguments = (object?[])Unwrap(data[1])!,
            Using = (Hashtable?)Unwrap(data[2]),
            Session = CallerSession.FromData(data[3]),
            Environment = environment,
            Wishes = (StreamWishes)(int)Unwrap(data[4])!,
        };
        foreach (object? value in setup.Arguments.Concat(setup.Using?.Values.Cast<object?>() ?? []))
        {
            MissingIpcObject.ThrowIfMissing(value);
        }

        return setup;
    }

    /// <summary>The bytes for the workers, without changes of the environment.</summary>
    /// <param name="isRemote">Whether they go to other machines: passwords and the caller's session stay here.</param>
    /// <param name="holdsSecrets">Whether a secret is in them.</param>
    /// <param name="bagTypes">Takes the names of types whose objects are written as property bags; null for nobody.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    public byte[] ToBytes(bool isRemote, out bool holdsSecrets, ISet<string>? bagTypes = null)
    {
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: !isRemote, bagTypes));
        try
        {
            object?[] data = [Script.ToData(), Arguments, Using, isRemote ? null : Session.ToData(), (int)Wishes];
            BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(sizeof(int)), 0);
            buffer.Advance(sizeof(int));
            IpcServers.WriteInheritance(buffer, isEmpty: isRemote);
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(data, buffer, IpcSerializers.DefaultDepth + 2);
            holdsSecrets = buffer.HoldsSecrets;
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Adds the changes of <see cref="PoolEnvironment.Changes"/> to the bytes for the workers.</summary>
    public static byte[] WithEnvironment(byte[] setup, byte[] changes)
    {
        if (changes.Length == 0)
        {
            return setup;
        }

        byte[] bytes = new byte[setup.Length + changes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, changes.Length);
        changes.CopyTo(bytes, sizeof(int));
        setup.AsSpan(sizeof(int)).CopyTo(bytes.AsSpan(sizeof(int) + changes.Length));
        return bytes;
    }

    private static ReadOnlyMemory<byte> TakeEnvironment(ref ReadOnlyMemory<byte> bytes)
    {
        int length = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (length < 0 || length > bytes.Length - sizeof(int))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        ReadOnlyMemory<byte> changes = bytes.Slice(sizeof(int), length);
        bytes = bytes[(sizeof(int) + length)..];
        return changes;
    }
}

/// <summary>Streams that are off by default and cost time when they are on.</summary>
[Flags]
internal enum StreamWishes
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>Verbose messages.</summary>
    Verbose = 1,

    /// <summary>Debug messages.</summary>
    Debug = 2,

    /// <summary>No progress, which is on by default.</summary>
    NoProgress = 4,
}
