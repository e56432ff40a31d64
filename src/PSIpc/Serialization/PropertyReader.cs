using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSIpc;

/// <summary>Reads properties for a property bag.</summary>
internal static class PropertyReader
{
    /// <summary>The value of a property; null where its getter throws.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A getter can throw anything; what cannot be read is null, as in CliXml.")]
    public static object? ValueOf(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            return null;
        }
    }
}
