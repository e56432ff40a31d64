using System.Buffers;
using System.Management.Automation;
using System.Text.Json;
using PSIpc.Core;

namespace PSIpc;

/// <summary>JSON, which every language reads (RFC 8259), in UTF-8.</summary>
internal sealed class JsonIpcSerializer : IIpcSerializer
{
    // The deepest that is written, and the two levels of a live object in it.
    private const int DeepestRead = IpcSerializers.DeepestDepth + 2;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = DeepestRead,
    };

    /// <inheritdoc/>
    public string Name => "Json";

    /// <inheritdoc/>
    public byte Format => 2;

    /// <inheritdoc/>
    public string Description => "JSON for any language: text, numbers, true, false, null, arrays and objects; other types as text.";

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        try
        {
            using var writer = new Utf8JsonWriter(output, WriterOptions);
            new JsonObjectWriter(writer, depth).Write(value);
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.JsonCannotWrite.With(PropertyReader.MessageOf(e)), null, e);
        }
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data) => Deserialize(data, asHashtable: false);

    /// <summary>Reads JSON into PSCustomObjects or hashtables.</summary>
    public static object? Deserialize(ReadOnlyMemory<byte> data, bool asHashtable)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(data, new JsonDocumentOptions { MaxDepth = DeepestRead });
            return new JsonObjectReader(asHashtable).Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new IpcException(
                IpcErrorKind.CorruptData,
                Messages.JsonUnreadableAt.With(e.Message, e.LineNumber + 1, e.BytePositionInLine + 1),
                null,
                e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.JsonUnreadable.With(e.Message), null, e);
        }
    }
}
