using System.Globalization;
using System.Xml;

namespace PSIpc.Help;

/// <summary>Writes pages as MAML, the form in which Get-Help reads them.</summary>
internal sealed class MamlWriter
{
    private const string Maml = "http://schemas.microsoft.com/maml/2004/10";
    private const string Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private const string Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private const int TitleWidth = 76;
    private const string AllSets = "(All)";
    private static readonly XmlWriterSettings Settings = new() { Indent = true, NewLineChars = "\n", Encoding = new System.Text.UTF8Encoding(false) };

    private readonly XmlWriter _xml;

    private MamlWriter(XmlWriter xml) => _xml = xml;

    /// <summary>Writes a help file.</summary>
    public static void Write(string path, IEnumerable<CmdletPage> pages)
    {
        using XmlWriter xml = XmlWriter.Create(path, Settings);
        var writer = new MamlWriter(xml);
        xml.WriteStartElement("helpItems", "http://msh");
        xml.WriteAttributeString("schema", "maml");
        foreach (CmdletPage page in pages)
        {
            writer.Write(page);
        }

        xml.WriteEndElement();
    }

    private void Write(CmdletPage page)
    {
        _xml.WriteStartElement("command", "command", Command);
        _xml.WriteAttributeString("xmlns", "maml", null, Maml);
        _xml.WriteAttributeString("xmlns", "dev", null, Dev);
        WriteDetails(page);
        WriteParagraphs("description", Maml, page.Description);
        _xml.WriteStartElement("syntax", Command);
        foreach (string set in SetsOf(page))
        {
            WriteSyntax(page, set);
        }

        _xml.WriteEndElement();
        _xml.WriteStartElement("parameters", Command);
        foreach (PageParameter parameter in page.Parameters)
        {
            WriteParameter(parameter, parameter.Forms[0], inFull: true);
        }

        _xml.WriteEndElement();
        WriteTypes("inputTypes", "inputType", page.Inputs);
        WriteTypes("returnValues", "returnValue", page.Outputs);
        WriteNotes(page.Notes);
        WriteExamples(page.Examples);
        WriteLinks(page.Links);
        _xml.WriteEndElement();
    }

    private void WriteDetails(CmdletPage page)
    {
        string[] words = page.Name.Split('-');
        _xml.WriteStartElement("details", Command);
        _xml.WriteElementString("name", Command, page.Name);
        _xml.WriteElementString("verb", Command, words[0]);
        _xml.WriteElementString("noun", Command, words[^1]);
        WriteParagraphs("description", Maml, [page.Synopsis]);
        _xml.WriteEndElement();
    }

    /// <summary>The parameter sets in the order of the syntax section. One that has no parameter of its own is in no yaml block: it has those of all sets.</summary>
    private static IEnumerable<string> SetsOf(CmdletPage page)
    {
        List<string> sets = [.. page.Parameters.SelectMany(p => p.Forms).SelectMany(f => f.Sets).Where(s => s != AllSets).Distinct()];
        if (sets.Count < page.Syntax.Count)
        {
            sets.Add(AllSets);
        }

        return sets.OrderBy(set => page.Syntax.ToList().FindIndex(line => FormsOf(page, set).All(p => line.Contains($"-{p.Parameter.Name}", StringComparison.Ordinal))));
    }

    private static IEnumerable<(PageParameter Parameter, PageParameterForm Form)> FormsOf(CmdletPage page, string set) => page.Parameters
        .Select(p => (Parameter: p, Form: p.Forms.FirstOrDefault(f => f.Sets.Contains(set) || f.Sets.Contains(AllSets))))
        .Where(p => p.Form is not null)!;

    private void WriteSyntax(CmdletPage page, string set)
    {
        _xml.WriteStartElement("syntaxItem", Command);
        _xml.WriteElementString("name", Maml, page.Name);
        var forms = FormsOf(page, set)
            .OrderBy(p => int.TryParse(p.Form.Position, CultureInfo.InvariantCulture, out int position) ? position : p.Form.IsRequired ? 1000 : 1001);
        foreach ((PageParameter parameter, PageParameterForm form) in forms)
        {
            WriteParameter(parameter, form, inFull: false);
        }

        _xml.WriteEndElement();
    }

    private void WriteParameter(PageParameter parameter, PageParameterForm form, bool inFull)
    {
        _xml.WriteStartElement("parameter", Command);
        _xml.WriteAttributeString("required", form.IsRequired ? "true" : "false");
        _xml.WriteAttributeString("variableLength", "true");
        _xml.WriteAttributeString("globbing", form.AcceptsWildcards ? "true" : "false");
        _xml.WriteAttributeString("pipelineInput", form.PipelineInput);
        _xml.WriteAttributeString("position", form.Position.ToLowerInvariant());
        _xml.WriteAttributeString("aliases", form.Aliases.Length > 0 ? string.Join(", ", form.Aliases) : "none");
        _xml.WriteElementString("name", Maml, parameter.Name);
        WriteParagraphs("description", Maml, parameter.Description);
        bool isSwitch = form.Type == "SwitchParameter";
        if (!isSwitch || inFull)
        {
            _xml.WriteStartElement("parameterValue", Command);
            _xml.WriteAttributeString("required", isSwitch ? "false" : "true");
            _xml.WriteAttributeString("variableLength", "false");
            _xml.WriteString(form.Type);
            _xml.WriteEndElement();
        }

        WriteType(form.Type);
        _xml.WriteElementString("defaultValue", Dev, form.DefaultValue);
        _xml.WriteEndElement();
    }

    private void WriteType(string name)
    {
        _xml.WriteStartElement("type", Dev);
        _xml.WriteElementString("name", Maml, name);
        _xml.WriteElementString("uri", Maml, "");
        _xml.WriteEndElement();
    }

    private void WriteTypes(string list, string item, IReadOnlyList<PageType> types)
    {
        _xml.WriteStartElement(list, Command);
        foreach (PageType type in types)
        {
            _xml.WriteStartElement(item, Command);
            WriteType(type.Name);
            WriteParagraphs("description", Maml, type.Description);
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
    }

    private void WriteNotes(IReadOnlyList<string> notes)
    {
        _xml.WriteStartElement("alertSet", Maml);
        WriteParagraphs("alert", Maml, notes);
        _xml.WriteEndElement();
    }

    private void WriteExamples(IReadOnlyList<PageExample> examples)
    {
        _xml.WriteStartElement("examples", Command);
        foreach (PageExample example in examples)
        {
            string dashes = new('-', Math.Max(3, (TitleWidth - example.Title.Length - 2) / 2));
            _xml.WriteStartElement("example", Command);
            _xml.WriteElementString("title", Maml, $"{dashes} {example.Title} {dashes}");
            _xml.WriteElementString("code", Dev, example.Output is null ? example.Code : $"{example.Code}\n\n{example.Output}");
            WriteParagraphs("remarks", Dev, example.Remarks);
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
    }

    private void WriteLinks(IReadOnlyList<PageLink> links)
    {
        _xml.WriteStartElement("relatedLinks", Command);
        foreach (PageLink link in links)
        {
            _xml.WriteStartElement("navigationLink", Maml);
            _xml.WriteElementString("linkText", Maml, link.Text);
            _xml.WriteElementString("uri", Maml, link.Target.Contains("://", StringComparison.Ordinal) ? link.Target : "");
            _xml.WriteEndElement();
        }

        _xml.WriteEndElement();
    }

    private void WriteParagraphs(string element, string @namespace, IEnumerable<string> paragraphs)
    {
        _xml.WriteStartElement(element, @namespace);
        foreach (string paragraph in paragraphs)
        {
            _xml.WriteElementString("para", Maml, paragraph);
        }

        _xml.WriteEndElement();
    }
}
