using PSIpc.Core;

namespace PSIpc;

/// <summary>The serializers of this session, by name and by the number that messages carry.</summary>
public static class IpcSerializers
{
    /// <summary>The serializer of those who name none.</summary>
    public const string DefaultName = "MessagePack";

    /// <summary>The deepest nesting that is written where nobody says otherwise.</summary>
    public const int DefaultDepth = 32;

    /// <summary>The deepest nesting that can be asked for.</summary>
    public const int DeepestDepth = 128;

    // By their numbers: Raw 0, MessagePack 1, Json 2, CliXml 3.
    private static readonly IIpcSerializer[] ByFormat =
    [
        new RawSerializer(),
        DependencyLoadContext.CreateMessagePackSerializer(),
        new JsonIpcSerializer(),
        new CliXmlSerializer(),
    ];

    /// <summary>All serializers, the default one first.</summary>
    public static IReadOnlyList<IIpcSerializer> All { get; } = [ByFormat[1], ByFormat[2], ByFormat[3], ByFormat[0]];

    /// <summary>A serializer by its name, in upper or lower case.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/>.</exception>
    public static IIpcSerializer Get(string name) =>
        Array.Find(ByFormat, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new IpcException(
            IpcErrorKind.NotFound,
            $"There is no serializer '{name}'. There are: {string.Join(", ", All.Select(s => s.Name))}.",
            name);

    /// <summary>A serializer by the number in a message.</summary>
    /// <param name="format">The number.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/> when no serializer has it.</exception>
    public static IIpcSerializer Get(byte format) => format < ByFormat.Length
        ? ByFormat[format]
        : throw new IpcException(IpcErrorKind.CorruptData, $"The message was written by a serializer (number {format}) that this session does not know.");
}
