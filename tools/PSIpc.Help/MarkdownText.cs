using System.Text;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace PSIpc.Help;

/// <summary>Markdown as plain text.</summary>
internal static class MarkdownText
{
    private const int ColumnGap = 2;
    private const int TableWidth = 90;

    /// <summary>The paragraphs of some blocks; items of lists begin with a dash, and code keeps its lines.</summary>
    public static IEnumerable<string> Paragraphs(IEnumerable<Block> blocks) => blocks.SelectMany(Paragraphs);

    /// <summary>Text without its marks: code without quotes, links without targets unless these are addresses.</summary>
    public static string Of(Inline? inline) => inline switch
    {
        null => "",
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        LineBreakInline => " ",
        HtmlEntityInline entity => entity.Transcoded.ToString(),
        LinkInline link => TextOf(link) + (link.Url is { } url && url.Contains("://", StringComparison.Ordinal) ? $" ({url})" : ""),
        AutolinkInline address => address.Url,
        ContainerInline container => TextOf(container),
        _ => inline.ToString() ?? "",
    };

    /// <summary>The lines of a block of code.</summary>
    public static string Code(LeafBlock block) => block.Lines.ToString().TrimEnd('\n');

    private static IEnumerable<string> Paragraphs(Block block)
    {
        switch (block)
        {
            case CodeBlock code:
                yield return string.Join('\n', Code(code).Split('\n').Select(line => "    " + line));
                break;
            case LeafBlock leaf:
                yield return Of(leaf.Inline);
                break;
            case ListBlock list:
                foreach (ListItemBlock item in list.Cast<ListItemBlock>())
                {
                    yield return "- " + string.Join("\n  ", Paragraphs((IEnumerable<Block>)item));
                }

                break;
            case Table table:
                yield return string.Join('\n', Lines(table, TableWidth));
                break;
            case ContainerBlock container:
                foreach (string paragraph in Paragraphs((IEnumerable<Block>)container))
                {
                    yield return paragraph;
                }

                break;
        }
    }

    /// <summary>A table as lines whose cells stand below each other, and are broken where the lines would be too long.</summary>
    public static IEnumerable<string> Lines(Table table, int width)
    {
        string[][] rows = [.. table.Cast<TableRow>().Select(row => row.Select(cell => string.Join(' ', Paragraphs((IEnumerable<Block>)(TableCell)cell))).ToArray())];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        int[] least = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Split(' ').Max(word => word.Length)))];
        bool isBroken = false;
        while (widths.Sum() + (ColumnGap * (widths.Length - 1)) > width && Widest(widths, least) is { } widest)
        {
            widths[widest]--;
            isBroken = true;
        }

        foreach (string[] row in rows)
        {
            string[][] cells = [.. row.Select((cell, column) => TextWrap.Lines(cell, widths[column]).ToArray())];
            for (int line = 0; line < cells.Max(cell => cell.Length); line++)
            {
                yield return string.Join(new string(' ', ColumnGap), cells.Select((cell, column) => (cell.ElementAtOrDefault(line) ?? "").PadRight(widths[column]))).TrimEnd();
            }

            if (row == rows[0])
            {
                yield return string.Join(new string(' ', ColumnGap), widths.Select(w => new string('-', w)));
            }
            else if (isBroken && row != rows[^1])
            {
                yield return "";
            }
        }
    }

    private static int? Widest(int[] widths, int[] least) => Enumerable.Range(0, widths.Length)
        .Where(column => widths[column] > least[column])
        .OrderByDescending(column => widths[column])
        .Select(column => (int?)column)
        .FirstOrDefault();

    private static string TextOf(ContainerInline container)
    {
        var text = new StringBuilder();
        foreach (Inline part in container)
        {
            text.Append(Of(part));
        }

        return text.ToString();
    }
}
