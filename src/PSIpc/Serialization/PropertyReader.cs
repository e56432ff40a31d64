using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSIpc;

/// <summary>Reads the properties and the texts of objects whose own code may throw.</summary>
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

    /// <summary>What an exception says; the name of its type where its own code throws.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The Message of a script's class can throw anything, and its error must be told all the same.")]
    public static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message ?? "";
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            return exception.GetType().ToString();
        }
    }

    /// <summary>An object's text; the name of its type where its own code throws.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "ToString of a foreign class can throw anything.")]
    public static string TextOf(object value)
    {
        try
        {
            return value.ToString() ?? "";
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            return value.GetType().ToString();
        }
    }
}
