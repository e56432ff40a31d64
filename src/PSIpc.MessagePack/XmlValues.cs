using System.Xml;
using System.Xml.Linq;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>XML documents and elements as text. A reader fetches nothing, and bounds what entities grow to and how deep elements are nested.</summary>
internal static class XmlValues
{
    // Code that visits nodes may be recursive, InnerText for one.
    private const int MaxLevels = 1000;
    private const int MaxFromEntities = 1 << 20;

    // A document whose white space was kept when it was read says so by its first character.
    private const char Kept = '1';
    private const char NotKept = '0';

    /// <summary>Of XmlDocument.</summary>
    public static KnownValue Document(byte code) => KnownValue.AsText<XmlDocument>(
        code,
        static document => (document.PreserveWhitespace ? Kept : NotKept) + Checked(document.OuterXml),
        static text => Load(text.Length > 0 ? text[1..] : text, isKept: text.StartsWith(Kept)));

    /// <summary>Of XmlElement, which arrives in a document of its own.</summary>
    public static KnownValue Element(byte code) =>
        KnownValue.AsText<XmlElement>(code, static element => Checked(element.OuterXml), static text => Load(text, isKept: true).DocumentElement!);

    /// <summary>Of XDocument.</summary>
    public static KnownValue LinqDocument(byte code) =>
        KnownValue.AsText<XDocument>(code, static document => Checked(document.ToString(SaveOptions.DisableFormatting)), LoadLinq);

    /// <summary>Of XElement.</summary>
    public static KnownValue LinqElement(byte code) =>
        KnownValue.AsText<XElement>(code, static element => Checked(element.ToString(SaveOptions.DisableFormatting)), static text => LoadLinq(text).Root!);

    private static XmlDocument Load(string text, bool isKept)
    {
        var document = new XmlDocument { XmlResolver = null, PreserveWhitespace = true };
        if (text.Length > 0)
        {
            using XmlReader reader = Reader(Checked(text));
            document.Load(reader);
        }

        document.PreserveWhitespace = isKept;
        return document;
    }

    private static XDocument LoadLinq(string text)
    {
        using XmlReader reader = Reader(Checked(text));
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    /// <summary>The text, unless elements are nested too deeply in it. A level takes three characters at least.</summary>
    private static string Checked(string text)
    {
        if (text.Length <= MaxLevels * 3)
        {
            return text;
        }

        using XmlReader reader = Reader(text);
        while (reader.Read())
        {
            if (reader.Depth > MaxLevels)
            {
                throw new FormatException(Messages.ReasonNestedTooDeep.With(MaxLevels));
            }
        }

        return text;
    }

    private static XmlReader Reader(string text) => XmlReader.Create(new StringReader(text), new XmlReaderSettings
    {
        CheckCharacters = false,
        ConformanceLevel = ConformanceLevel.Document,
        DtdProcessing = DtdProcessing.Parse,
        MaxCharactersFromEntities = MaxFromEntities,
        XmlResolver = null,
    });
}
