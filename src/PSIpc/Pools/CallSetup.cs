using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

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

    /// <summary>The caller's folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Which of the streams that are off by default the caller wants.</summary>
    public StreamWishes Wishes { get; init; }

    /// <summary>The live objects that it refers to, which a worker lets go of as soon as the call is over.</summary>
    public IEnumerable<IIpcObject> LiveObjects => Arguments.Concat(Using?.Values.Cast<object?>() ?? []).Select(Unwrap).OfType<IIpcObject>();

    /// <summary>Reads what <see cref="ToBytes"/> made.</summary>
    public static CallSetup FromBytes(ReadOnlyMemory<byte> bytes)
    {
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
            Folder = (string?)Unwrap(data[3]),
            Wishes = (StreamWishes)(int)Unwrap(data[4])!,
        };
        foreach (object? value in setup.Arguments.Concat(setup.Using?.Values.Cast<object?>() ?? []))
        {
            MissingIpcObject.ThrowIfMissing(value);
        }

        return setup;
    }

    /// <summary>The bytes for the workers.</summary>
    /// <param name="isFar">Whether they go to other machines: passwords and the caller's folder do not.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Serialization"/>.</exception>
    /// <param name="bagTypes">Takes the names of types whose objects are written as property bags; null for nobody.</param>
    public byte[] ToBytes(bool isFar, ISet<string>? bagTypes = null)
    {
        MessageBuffer buffer = MessageBuffer.Rent(new WriteOptions(AllowsSecrets: !isFar, bagTypes));
        try
        {
            object?[] data = [Script.ToData(), Arguments, Using, isFar ? null : Folder, (int)Wishes];
            IpcServers.WriteInheritance(buffer, isEmpty: isFar);
            IpcSerializers.Get(IpcSerializers.DefaultName).Serialize(data, buffer, IpcSerializers.DefaultDepth + 2);
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
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
