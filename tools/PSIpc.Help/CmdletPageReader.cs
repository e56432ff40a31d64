using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace PSIpc.Help;

/// <summary>Reads a page of a cmdlet.</summary>
internal sealed class CmdletPageReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseYamlFrontMatter().Build();

    private static readonly string[] ParameterKeys =
        ["Type", "Parameter Sets", "Aliases", "Required", "Position", "Default value", "Accept pipeline input", "Accept wildcard characters"];

    private readonly string _path;
    private readonly Block[] _blocks;

    public CmdletPageReader(string path)
    {
        _path = path;
        _blocks = [.. Markdown.Parse(File.ReadAllText(path), Pipeline)];
    }

    public CmdletPage Read()
    {
        HeadingBlock title = _blocks.OfType<HeadingBlock>().FirstOrDefault(h => h.Level == 1) ?? throw Error(null, "There is no heading with the cmdlet's name.");
        string name = MarkdownText.Of(title.Inline);
        if (name != Path.GetFileNameWithoutExtension(_path))
        {
            throw Error(title, $"The page of {Path.GetFileNameWithoutExtension(_path)} is about '{name}'.");
        }

        return new CmdletPage
        {
            Name = name,
            Synopsis = string.Join(' ', MarkdownText.Paragraphs(Section("SYNOPSIS"))),
            Syntax = [.. Section("SYNTAX").OfType<CodeBlock>().Select(MarkdownText.Code)],
            Description = [.. MarkdownText.Paragraphs(Section("DESCRIPTION"))],
            Examples = [.. Parts("EXAMPLES").Select(ReadExample)],
            Parameters = [.. Parts("PARAMETERS").Where(p => p.Title != "CommonParameters").Select(ReadParameter)],
            Inputs = [.. Parts("INPUTS").Select(p => new PageType(p.Title, [.. MarkdownText.Paragraphs(p.Blocks)]))],
            Outputs = [.. Parts("OUTPUTS").Select(p => new PageType(p.Title, [.. MarkdownText.Paragraphs(p.Blocks)]))],
            Notes = [.. MarkdownText.Paragraphs(Section("NOTES"))],
            Links = [.. Section("RELATED LINKS").OfType<ParagraphBlock>().SelectMany(p => p.Inline!.OfType<LinkInline>()).Select(l => new PageLink(MarkdownText.Of(l), l.Url ?? ""))],
        };
    }

    private static bool IsHeading(Block block, int level) => block is HeadingBlock heading && heading.Level <= level;

    private PageException Error(Block? where, string message) => new(_path, (where?.Line ?? 0) + 1, message);

    /// <summary>The blocks below a heading of the second level.</summary>
    private Block[] Section(string title)
    {
        int at = Array.FindIndex(_blocks, b => b is HeadingBlock { Level: 2 } heading && MarkdownText.Of(heading.Inline) == title);
        return at < 0
            ? throw Error(null, $"The section {title} is missing.")
            : [.. _blocks[(at + 1)..].TakeWhile(b => !IsHeading(b, 2))];
    }

    /// <summary>The parts of a section: each has a heading of the third level.</summary>
    private IEnumerable<(string Title, HeadingBlock Heading, Block[] Blocks)> Parts(string section)
    {
        Block[] blocks = Section(section);
        for (int i = 0; i < blocks.Length; i++)
        {
            if (blocks[i] is HeadingBlock heading)
            {
                yield return (MarkdownText.Of(heading.Inline), heading, [.. blocks[(i + 1)..].TakeWhile(b => !IsHeading(b, 3))]);
            }
        }
    }

    private PageExample ReadExample((string Title, HeadingBlock Heading, Block[] Blocks) part)
    {
        FencedCodeBlock code = part.Blocks.OfType<FencedCodeBlock>().FirstOrDefault(b => b.Info == "powershell")
            ?? throw Error(part.Heading, "The example has no block of powershell code.");
        FencedCodeBlock? output = part.Blocks.OfType<FencedCodeBlock>().FirstOrDefault(b => b.Info == "output");
        return new PageExample(
            part.Title,
            MarkdownText.Code(code),
            code.Arguments ?? "",
            output is null ? null : MarkdownText.Code(output),
            [.. MarkdownText.Paragraphs(part.Blocks.Where(b => b != code && b != output))],
            code.Line + 2);
    }

    private PageParameter ReadParameter((string Title, HeadingBlock Heading, Block[] Blocks) part)
    {
        FencedCodeBlock[] forms = [.. part.Blocks.OfType<FencedCodeBlock>().Where(b => b.Info == "yaml")];
        return part.Title.StartsWith('-') && forms.Length > 0
            ? new PageParameter(part.Title[1..], [.. MarkdownText.Paragraphs(part.Blocks.Except(forms))], [.. forms.Select(ReadForm)])
            : throw Error(part.Heading, "A parameter's heading is its name with a dash, and a block of yaml is below it.");
    }

    private PageParameterForm ReadForm(FencedCodeBlock block)
    {
        var values = MarkdownText.Code(block).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(parts => parts[0], parts => parts.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal);
        string[] missing = [.. ParameterKeys.Except(values.Keys)];
        return missing.Length == 0 ? new PageParameterForm(values) : throw Error(block, $"Missing: {string.Join(", ", missing)}.");
    }
}
