using System.Buffers;
using System.Management.Automation;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>
/// MessagePack (msgpack.org): plain data as any other library reads it, and PowerShell's own types as extensions.
/// </summary>
public sealed class MessagePackIpcSerializer : IIpcSerializer
{
    [ThreadStatic]
    private static ObjectWriter? _freeWriter;

    [ThreadStatic]
    private static ObjectReader? _freeReader;

    /// <inheritdoc/>
    public string Name => "MessagePack";

    /// <inheritdoc/>
    public byte Format => 1;

    /// <inheritdoc/>
    public string Description => "Fast and compact; keeps PowerShell's types. Plain data can be read by any MessagePack library.";

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        // A property getter can call the serializer again: then the outer call keeps its writer.
        ObjectWriter writer = _freeWriter ?? new ObjectWriter();
        _freeWriter = null;
        try
        {
            var target = new MessagePackWriter(output);
            writer.Begin(depth, output);
            writer.Write(ref target, value);
            target.Flush();
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.MessagePackCannotWrite.With(PropertyReader.MessageOf(e)), null, e);
        }
        finally
        {
            writer.End();
            _freeWriter = writer;
        }
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        ObjectReader reader = _freeReader ?? new ObjectReader();
        _freeReader = null;
        try
        {
            var source = new MessagePackReader(data);
            reader.Begin(data.Length);
            object? value = reader.Read(ref source);
            return source.End ? value : throw Corrupt(Messages.ReasonBytesLeft.With(data.Length - source.Consumed), null);
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw Corrupt(e.Message, e);
        }
        finally
        {
            reader.End();
            _freeReader = reader;
        }
    }

    /// <summary>The exception for bytes that are not what this serializer writes.</summary>
    internal static IpcException Corrupt(string what, Exception? cause) =>
        new(IpcErrorKind.CorruptData, Messages.MessagePackUnreadable.With(what), null, cause);
}
