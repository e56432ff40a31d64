using System.Collections;
using System.Security.Cryptography;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>The definitions that a script block needs in another process: modules, classes, functions, aliases and the using statements of its file. Equal definitions have equal bytes and the same key.</summary>
internal sealed class SessionDefinitions
{
    /// <summary>No definitions.</summary>
    public static readonly SessionDefinitions Empty = new();

    private byte[]? _bytes;
    private Guid _key;

    /// <summary>Modules to import, in this order.</summary>
    public IReadOnlyList<SessionModule> Modules { get; init; } = [];

    /// <summary>The module in which the script block stands; null for none.</summary>
    public SessionModule? BlockModule { get; init; }

    /// <summary>Scripts that define classes and functions, in this order.</summary>
    public IReadOnlyList<SessionUnit> Units { get; init; } = [];

    /// <summary>The names of the functions.</summary>
    public IReadOnlyList<string> Functions { get; init; } = [];

    /// <summary>Aliases, as alternating names and commands.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The using statements of the script block's file; empty for none.</summary>
    public string Usings { get; init; } = "";

    /// <summary>Whether there is nothing to define.</summary>
    public bool IsEmpty => Modules.Count == 0 && BlockModule is null && Units.Count == 0 && Aliases.Count == 0 && Usings.Length == 0;

    /// <summary>The first half of the hash of the bytes; no bits for empty definitions.</summary>
    public Guid Key
    {
        get
        {
            _ = Bytes;
            return _key;
        }
    }

    /// <summary>The bytes that <see cref="FromBytes"/> takes; none for empty definitions.</summary>
    public byte[] Bytes
    {
        get
        {
            if (_bytes is null)
            {
                byte[] bytes = IsEmpty ? [] : ToBytes();
                _key = IsEmpty ? Guid.Empty : new Guid(SHA256.HashData(bytes).AsSpan(0, 16));
                _bytes = bytes;
            }

            return _bytes;
        }
    }

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static SessionDefinitions FromBytes(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return Empty;
        }

        if (Unwrap(IpcSerializers.Get(IpcSerializers.DefaultName).Deserialize(bytes)) is not object?[] { Length: 6 } data)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
        }

        string[] block = Texts(data[1]);
        string[] modules = Texts(data[0]);
        string[] units = Texts(data[2]);
        return new SessionDefinitions
        {
            Modules = [.. modules.Chunk(2).Select(static m => new SessionModule(m[0], m[1]))],
            BlockModule = block.Length == 0 ? null : new SessionModule(block[0], block[1]),
            Units = [.. units.Chunk(2).Select(static u => new SessionUnit(u[0], u[1]))],
            Functions = Texts(data[3]),
            Aliases = Texts(data[4]),
            Usings = (string)Unwrap(data[5])!,
        };
    }

    private byte[] ToBytes() => MessageBuffer.BytesOf(new object?[]
    {
        Modules.SelectMany(static m => new object[] { m.Name, m.Path }).ToArray(),
        BlockModule is null ? Array.Empty<object>() : [BlockModule.Name, BlockModule.Path],
        Units.SelectMany(static u => new object[] { u.Text, u.File }).ToArray(),
        Functions.ToArray<object>(),
        Aliases.ToArray<object>(),
        Usings,
    });

    private static string[] Texts(object? data) => [.. ((IEnumerable)Unwrap(data)!).Cast<object?>().Select(static t => (string)Unwrap(t)!)];
}

/// <summary>A module that the session has loaded.</summary>
/// <param name="Name">Its name, by which a machine without the path finds it.</param>
/// <param name="Path">The path of its manifest or, without one, of its file.</param>
internal sealed record SessionModule(string Name, string Path);

/// <summary>A script that defines classes or functions at the lines and columns of the file that they are of.</summary>
/// <param name="Text">The script.</param>
/// <param name="File">The path of the file; empty for none.</param>
internal sealed record SessionUnit(string Text, string File);
