using System.Buffers.Binary;
using System.Collections;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>What the items of a call are run with: sent to each worker once a call.</summary>
internal sealed class CallSetup
{
    private const int KeySize = 16;

    /// <summary>The script block.</summary>
    public required ScriptSource Script { get; init; }

    /// <summary>The arguments of the script block, by position.</summary>
    public object?[] Arguments { get; init; } = [];

    /// <summary>The arguments of the script block by name; null for none.</summary>
    public Hashtable? Parameters { get; init; }

    /// <summary>Values of <c>$using:</c> by the key under which the engine looks them up; null for none.</summary>
    public Hashtable? Using { get; init; }

    /// <summary>What of the caller's session the script block has.</summary>
    public SessionContents Contents { get; init; } = SessionContents.None;

    /// <summary>In a worker, the variables of <see cref="Contents"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Variables { get; private init; } = [];

    /// <summary>In a worker, the key of the definitions of <see cref="Contents"/>; no bits for none.</summary>
    public Guid DefinitionsKey { get; private init; }

    /// <summary>The caller's folder, drives and cultures, for the items.</summary>
    public CallerSession Session { get; init; } = new();

    /// <summary>Environment variables of the caller's process that changed since the pool was created.</summary>
    public IReadOnlyList<EnvironmentChange> Environment { get; private init; } = [];

    /// <summary>Which of the streams that are off by default the caller wants.</summary>
    public StreamWishes Wishes { get; init; }

    /// <summary>The live objects that it refers to, which a worker lets go of as soon as the call is over.</summary>
    public IEnumerable<IIpcObject> LiveObjects => Passed.Select(Unwrap).OfType<IIpcObject>();

    private IEnumerable<object?> Passed => Arguments.Concat(Parameters?.Values.Cast<object?>() ?? []).Concat(Using?.Values.Cast<object?>() ?? []).Concat((Variables.Count > 0 ? Variables : Contents.Variables).Select(static v => v.Value));

    /// <summary>Reads what <see cref="ToBytes"/> made.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="define">Defines what the script block names before values are read, which may be of its classes: by the key, and by the bytes where they come with the call.</param>
    public static CallSetup FromBytes(ReadOnlyMemory<byte> bytes, Action<Guid, ReadOnlyMemory<byte>> define)
    {
        IReadOnlyList<EnvironmentChange> environment = PoolEnvironment.Read(TakePart(ref bytes));

        // First, since the call may refer to what is on a server.
        IpcServers.ReadInheritance(ref bytes);
        ReadOnlyMemory<byte> definitions = TakePart(ref bytes);
        if (definitions.Length is > 0 and < KeySize)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        Guid key = definitions.IsEmpty ? Guid.Empty : new Guid(definitions.Span[..KeySize]);
        define(key, definitions.IsEmpty ? default : definitions[KeySize..]);
        ReadOnlyMemory<byte> values = TakePart(ref bytes);
        if (Unwrap(ScriptValues.Read(IpcSerializers.Get(IpcSerializers.DefaultName), values)) is not object?[] { Length: 6 } data)
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
            DefinitionsKey = key,
            Variables = SessionValues.Read(bytes),
            Wishes = (StreamWishes)(int)Unwrap(data[4])!,
            Parameters = (Hashtable?)Unwrap(data[5]),
        };
        foreach (object? value in setup.Passed)
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
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: !isRemote, bagTypes, KeepsScripts: true));
        try
        {
            object?[] data = [Script.ToData(), Arguments, Using, isRemote ? null : Session.ToData(), (int)Wishes, Parameters];
            BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(sizeof(int)), 0);
            buffer.Advance(sizeof(int));
            IpcServers.WriteInheritance(buffer, isEmpty: isRemote);
            WriteDefinitions(buffer, isRemote);
            int start = buffer.Length;
            buffer.GetSpan(sizeof(int));
            buffer.Advance(sizeof(int));
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(data, buffer, IpcSerializers.DefaultDepth + 2);
            BinaryPrimitives.WriteInt32LittleEndian(buffer.Edit(start), buffer.Length - start - sizeof(int));
            Values = SessionValues.Append(buffer, Contents.Variables, WantsSizes);
            holdsSecrets = buffer.HoldsSecrets;
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Whether the sizes of the variables are asked for.</summary>
    public bool WantsSizes { get; init; }

    /// <summary>What the caller should know of the variables that <see cref="ToBytes"/> wrote.</summary>
    public SessionValues Values { get; private set; } = new();

    /// <summary>The key of the definitions; workers on other machines get them with each call, those of this machine once.</summary>
    private void WriteDefinitions(MessageBuffer buffer, bool isRemote)
    {
        SessionDefinitions definitions = Contents.Definitions;
        byte[] bytes = isRemote ? definitions.Bytes : [];
        int length = definitions.Key == Guid.Empty ? 0 : KeySize + bytes.Length;
        Span<byte> part = buffer.GetSpan(sizeof(int) + length);
        BinaryPrimitives.WriteInt32LittleEndian(part, length);
        if (length > 0)
        {
            definitions.Key.TryWriteBytes(part[sizeof(int)..]);
            bytes.CopyTo(part[(sizeof(int) + KeySize)..]);
        }

        buffer.Advance(sizeof(int) + length);
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

    /// <summary>Takes a part that its length precedes.</summary>
    private static ReadOnlyMemory<byte> TakePart(ref ReadOnlyMemory<byte> bytes)
    {
        int length = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (length < 0 || length > bytes.Length - sizeof(int))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        ReadOnlyMemory<byte> part = bytes.Slice(sizeof(int), length);
        bytes = bytes[(sizeof(int) + length)..];
        return part;
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
