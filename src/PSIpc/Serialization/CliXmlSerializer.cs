using System.Buffers;
using System.Management.Automation;
using System.Text;
using System.Xml;
using PSIpc.Core;

namespace PSIpc;

/// <summary>PowerShell's own XML, as Export-Clixml writes it, in UTF-8.</summary>
internal sealed class CliXmlSerializer : IIpcSerializer
{
    private const int ObjectDepth = 2;

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
            object? travelling = IpcReferenceText.Replace(value);
            Encoding.UTF8.GetBytes(PSSerializer.Serialize(travelling, Math.Min(depth, ObjectDepthFor(travelling))), output);
        }
        catch (Exception e) when (e is InvalidOperationException or XmlException or ArgumentException)
        {
            throw new IpcException(IpcErrorKind.Serialization, $"CliXml cannot write this object: {e.Message}", null, e);
        }
    }

    /// <inheritdoc/>
    public object? Deserialize(ReadOnlyMemory<byte> data)
    {
        object? value;
        try
        {
            value = PSSerializer.Deserialize(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(data.Span));
        }
        catch (Exception e) when (e is XmlException or ArgumentException or InvalidOperationException or FormatException
            or OverflowException or NotSupportedException or InvalidCastException)
        {
            throw new IpcException(IpcErrorKind.CorruptData, $"This is not CliXml: {e.Message}", null, e);
        }

        return IpcReferenceText.Restore(value);
    }

    /// <summary>Plain data is written as deep as asked; .NET objects, whose properties lead on and on, as deep as Export-Clixml goes.</summary>
    private static int ObjectDepthFor(object? value)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain is null or PSCustomObject or System.Collections.IEnumerable || plain.GetType().IsPrimitive ? int.MaxValue : ObjectDepth;
    }
}
