using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml;

namespace PSIpc;

/// <summary>Objects whose text says all that they are, for formats that have nothing but text for them.</summary>
internal static class TextForms
{
    /// <summary>The text of such an object; null for any other.</summary>
    public static string? Of(object value) => value switch
    {
        CultureInfo culture => culture.Name,
        XmlNode node and not XmlAttribute => OuterXml(node),
        DeserializedEnum named => named.Value,
        _ => value.GetType().FullName is "System.Net.Mail.MailAddress" or "System.Net.IPEndPoint" or "System.Net.NetworkInformation.PhysicalAddress"
            or "System.Text.RegularExpressions.Regex" or "System.Text.StringBuilder" or "System.Management.Automation.SemanticVersion"
            or "System.Xml.Linq.XDocument" or "System.Xml.Linq.XElement"
            ? value.ToString()
            : null,
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string OuterXml(XmlNode node) => node.OuterXml;
}
