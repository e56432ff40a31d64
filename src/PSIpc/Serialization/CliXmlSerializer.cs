using System.Buffers;
using System.Management.Automation;
using System.Text;
using PSIpc.Core;

namespace PSIpc;

/// <summary>PowerShell's own XML, as Export-Clixml writes it, in UTF-8.</summary>
internal sealed class CliXmlSerializer : IIpcSerializer
{
    // PowerShell follows plain containers however deep they are, and .NET objects, whose properties lead on and on, as deep as it is told:
    // 2 is what Export-Clixml does; 3 takes seconds for one Process object.
    private const int ObjectDepth = 2;

    // PowerShell's reader refuses more than 50 levels, its own and those of an object's properties included.
    private const int DeepestContainers = 44;

    private const string SecureStringTag = "<SS";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public string Name => "CliXml";

    /// <inheritdoc/>
    public byte Format => 3;

    /// <inheritdoc/>
    public string Description => "PowerShell's own XML (Export-Clixml): widest range of PowerShell types, slow and large.";

    /// <inheritdoc/>
    public void Serialize(object? value, IBufferWriter<byte> output, int depth)
    {
        try
        {
            using var unchanged = new UnchangedRecords();
            object? travelling = CliXmlReferences.Replace(value, Math.Min(depth, DeepestContainers), unchanged);
            string text = PSSerializer.Serialize(travelling, Math.Min(depth, ObjectDepth));
            if (text.Contains(SecureStringTag, StringComparison.Ordinal))
            {
                // In content this character is escaped: it is the beginning of an element.
                MessageBuffer.RequireSecretsAllowed(output, nameof(System.Security.SecureString));
            }

            Encoding.UTF8.GetBytes(text, output);
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CliXmlCannotWrite.With(PropertyReader.MessageOf(e)), null, e);
        }
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        try
        {
            string text = StrictUtf8.GetString(data.Span);
            object? value = PSSerializer.Deserialize(text);
            return text.Contains(ReferenceShape.Property, StringComparison.Ordinal) ? CliXmlReferences.Restore(value) : value;
        }
        catch (Exception e) when (e is not (IpcException or PipelineStoppedException or OutOfMemoryException))
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.CliXmlUnreadable.With(e.Message), null, e);
        }
    }
}
