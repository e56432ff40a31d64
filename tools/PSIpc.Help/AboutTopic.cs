using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;

namespace PSIpc.Help;

/// <summary>A page in <c>docs/about</c> as the text that <c>Get-Help about_...</c> shows.</summary>
/// <remarks>The page's title is the topic, its first paragraph the short description; the rest is the long one.</remarks>
internal static class AboutTopic
{
    private const int Width = 78;
    private const string Indent = "    ";
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().Build();

    public static string ToText(string markdown)
    {
        Block[] blocks = [.. Markdown.Parse(markdown, Pipeline)];
        var text = new StringBuilder();
        text.Append("TOPIC\n").Append(Indent).Append(MarkdownText.Of(((HeadingBlock)blocks[0]).Inline)).Append("\n\n");
        text.Append("SHORT DESCRIPTION\n").Append(Wrapped(MarkdownText.Of(((ParagraphBlock)blocks[1]).Inline), Indent, Indent)).Append('\n');
        text.Append("LONG DESCRIPTION\n");
        foreach (Block block in blocks[2..])
        {
            text.Append(ToText(block)).Append('\n');
        }

        return text.ToString();
    }

    private static string ToText(Block block) => block switch
    {
        HeadingBlock heading => $"{MarkdownText.Of(heading.Inline).ToUpperInvariant()}\n",
        CodeBlock code => Lines(MarkdownText.Code(code).Split('\n'), Indent + Indent),
        Table table => Lines(MarkdownText.Lines(table, Width - Indent.Length), Indent),
        ListBlock list => string.Concat(list.Cast<ListItemBlock>().Select(item => Wrapped(string.Join(' ', MarkdownText.Paragraphs(item)), Indent + "- ", Indent + "  "))),
        LeafBlock leaf => Wrapped(MarkdownText.Of(leaf.Inline), Indent, Indent),
        _ => Lines(MarkdownText.Paragraphs([block]), Indent),
    };

    private static string Lines(IEnumerable<string> lines, string indent) =>
        string.Concat(lines.Select(line => line.Length == 0 ? "\n" : $"{indent}{line}\n"));

    private static string Wrapped(string text, string first, string next) =>
        string.Concat(TextWrap.Lines(text, Width - first.Length).Select((line, index) => $"{(index == 0 ? first : next)}{line}\n"));
}
