using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A serializer of a user's own, whose exceptions become the documented ones. Its messages begin with its name: its length (1 byte), then ASCII.</summary>
internal sealed class NamedSerializer(IIpcSerializer inner) : IIpcSerializer
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public byte Format => IpcSerializers.NamedFormat;

    /// <inheritdoc/>
    public string Description => inner.Description;

    /// <summary>Writes what a message begins with before what this serializer writes.</summary>
    public void WriteName(IBufferWriter<byte> output) => output.Write([(byte)Name.Length, .. Encoding.ASCII.GetBytes(Name)]);

    /// <summary>Reads the name and goes past it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static string ReadName(ref ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> bytes = body.Span;
        int length = bytes.Length == 0 ? 0 : bytes[0];
        string name = length < bytes.Length ? Encoding.ASCII.GetString(bytes.Slice(1, length)) : "";
        if (!IpcName.IsValid(name))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.SerializerNameMissing);
        }

        body = body[(1 + length)..];
        return name;
    }

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "A user's serializer can throw anything; what it says goes on in the documented exception.")]
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        try
        {
            inner.Serialize(value, output, depth);
        }
        catch (Exception e) when (IsItsOwn(e))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.SerializerCannotWrite.With(Name, PropertyReader.MessageOf(e)), null, e);
        }
    }

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "A user's serializer can throw anything; what it says goes on in the documented exception.")]
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        try
        {
            return inner.Deserialize(data);
        }
        catch (Exception e) when (IsItsOwn(e))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.SerializerCannotRead.With(Name, e.Message), null, e);
        }
    }

    private static bool IsItsOwn(Exception e) => e is not (IpcException or PipelineStoppedException or OutOfMemoryException);
}
