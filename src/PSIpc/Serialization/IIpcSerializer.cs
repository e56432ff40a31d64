using System.Buffers;

namespace PSIpc;

/// <summary>Turns objects into bytes and back. One instance serves all threads.</summary>
public interface IIpcSerializer
{
    /// <summary>The name that <c>-Serializer</c> takes.</summary>
    string Name { get; }

    /// <summary>The number that a message carries, so that receivers need not be told; stable for ever. Those of your own have one for all, and their name in the message.</summary>
    byte Format => IpcSerializers.NamedFormat;

    /// <summary>One line on what it is for and what it loses.</summary>
    string Description { get; }

    /// <summary>Writes an object.</summary>
    /// <param name="value">The object; may be a PSObject, may be null.</param>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="depth">The deepest nesting that is written, 1 to 128.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.Serialization"/>: cannot be written.</exception>
    void Serialize(object? value, IBufferWriter<byte> output, int depth);

    /// <summary>Reads an object. Never creates a type by a name in the data, and never runs anything.</summary>
    /// <param name="data">Exactly the bytes that were written.</param>
    /// <exception cref="Core.IpcException"><see cref="Core.IpcErrorKind.CorruptData"/>: not what this serializer writes.</exception>
    object? Deserialize(ReadOnlyMemory<byte> data);
}
