using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>
/// A script block on its way to another process: its text, and the place in a file at which the text begins. A script block that is parsed from its text
/// alone has lost both, and its errors would name neither.
/// </summary>
/// <param name="Text">The text.</param>
/// <param name="File">The path of its file; null where it is of none.</param>
/// <param name="Line">The line at which the text begins, from 1.</param>
/// <param name="Column">The column at which it begins, from 1.</param>
internal sealed record ScriptSource(string Text, string? File = null, int Line = 1, int Column = 1)
{
    private const int MaxLine = 10_000_000;
    private const int MaxColumn = 100_000;

    /// <summary>The source of a script block.</summary>
    public static ScriptSource Of(ScriptBlock block)
    {
        string text = block.ToString();
        if (string.IsNullOrEmpty(block.File))
        {
            return new ScriptSource(text);
        }

        IScriptExtent extent = (block.Ast is FunctionDefinitionAst function ? function.Body : block.Ast).Extent;

        // Between braces, or a whole file. A function whose parameters precede its body has a text that is nowhere in the file.
        int start = extent.Text == text ? 0 : extent.Text.Length == text.Length + 2 && extent.Text.AsSpan(1, text.Length).SequenceEqual(text) ? 1 : -1;
        return start < 0 ? new ScriptSource(text) : new ScriptSource(text, block.File, extent.StartLineNumber, extent.StartColumnNumber + start);
    }

    /// <summary>Reads what <see cref="ToData"/> made.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public static ScriptSource FromData(object? data)
    {
        object? plain = Unwrap(data);
        return plain is object?[] { Length: 4 } parts && Unwrap(parts[0]) is string text && Unwrap(parts[2]) is int and > 0 and <= MaxLine and var line
            && Unwrap(parts[3]) is int and > 0 and <= MaxColumn and var column
            ? new ScriptSource(text, Unwrap(parts[1]) as string, line, column)
            : throw new IpcException(IpcErrorKind.CorruptData, Messages.PoolCallInvalid);
    }

    /// <summary>The same as plain data.</summary>
    public object?[] ToData() => Line <= MaxLine && Column <= MaxColumn ? [Text, File, Line, Column] : [Text, null, 1, 1];

    /// <summary>Parses the script block, so that its positions are those of the file.</summary>
    /// <exception cref="ParseException">The text is no script.</exception>
    public ScriptBlock Parse()
    {
        if (File is null)
        {
            return ScriptBlock.Create(Text);
        }

        string text = string.Concat(new string('\n', Line - 1), new string(' ', Column - 1), Text);
        ScriptBlockAst ast = Parser.ParseInput(text, File, out _, out ParseError[] errors);
        return errors.Length == 0 ? ast.GetScriptBlock() : throw new ParseException(errors);
    }

    /// <summary>The number of the first line that is not blank.</summary>
    public int FirstLine => (File is null ? 1 : Line) + Text.Split('\n').TakeWhile(string.IsNullOrWhiteSpace).Count();

    /// <summary>The text of a line, by its number in the file.</summary>
    public string? LineAt(int line)
    {
        string[] lines = Text.Split('\n');
        int index = line - (File is null ? 1 : Line);
        return index < 0 || index >= lines.Length ? null : (index == 0 && File is not null ? new string(' ', Column - 1) : "") + lines[index].TrimEnd('\r');
    }
}
