using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace PSIpc;

/// <summary>
/// Gives an error that has no position the statement of the user's script at which it occurred. Write-Error takes the position at which its caller was called,
/// and this module, not a script, calls the script block.
/// </summary>
internal static partial class ErrorPosition
{
    /// <summary>Completes an error that is being written: its script still runs.</summary>
    public static void Complete(ErrorRecord error, Runspace runspace)
    {
        if (!HasPosition(error) && runspace.Debugger?.GetCallStack().FirstOrDefault(f => f.Position is { StartLineNumber: > 0 }) is { } frame && frame.ScriptName != OwnScript.Name)
        {
            Set(error, frame.Position);
        }
    }

    /// <summary>Completes an error that has ended its script: the first frame of the stack trace has the line.</summary>
    public static void Complete(ErrorRecord error, ScriptSource source)
    {
        if (!HasPosition(error))
        {
            SetLine(error, source, LineOf(error, source));
        }
        else
        {
            CompleteBinding(error, source);
        }
    }

    /// <summary>Gives an error of binding the script block's parameters, which occurs in a script of this module's own, the first line of the script block.</summary>
    public static void CompleteBinding(ErrorRecord error, ScriptSource source)
    {
        if (error.InvocationInfo?.ScriptName == OwnScript.Name)
        {
            SetLine(error, source, source.FirstLine);
        }
    }

    /// <summary>Moves the position of an error from the text of a script to the file that the text is of.</summary>
    public static void MoveToFile(ErrorRecord error, ScriptSource source)
    {
        if (source.File is null || error.InvocationInfo is not { } invocation || EngineErrorMembers.PositionOf(invocation) is not { File: null or "", StartLineNumber: > 0 } extent
            || extent.StartScriptPosition.GetFullScript() != source.Text)
        {
            return;
        }

        ScriptPosition Moved(IScriptPosition position) => new(
            source.File,
            position.LineNumber + source.Line - 1,
            position.ColumnNumber + (position.LineNumber == 1 ? source.Column - 1 : 0),
            (position.LineNumber == 1 ? new string(' ', source.Column - 1) : "") + position.Line);
        invocation.DisplayScriptPosition = new ScriptExtent(Moved(extent.StartScriptPosition), Moved(extent.EndScriptPosition));
    }

    private static void SetLine(ErrorRecord error, ScriptSource source, int line)
    {
        if (source.LineAt(line) is { } text && text.Trim() is { Length: > 0 } statement)
        {
            int column = text.IndexOf(statement, StringComparison.Ordinal) + 1;
            Set(error, new ScriptExtent(new ScriptPosition(source.File, line, column, text), new ScriptPosition(source.File, line, column + statement.Length, text)));
        }
    }

    /// <summary>The line of the first frame, if that is one of the script; else 0.</summary>
    private static int LineOf(ErrorRecord error, ScriptSource source) =>
        error.ScriptStackTrace is { } stack && FirstFrame().Match(stack) is { Success: true } frame && (source.File is not { } file || frame.Groups["file"].Value == file)
        && int.TryParse(frame.Groups["line"].Value, CultureInfo.InvariantCulture, out int line)
            ? line
            : 0;

    private static bool HasPosition(ErrorRecord error) => error.InvocationInfo is { ScriptLineNumber: > 0 };

    private static void Set(ErrorRecord error, IScriptExtent extent)
    {
        if (error.InvocationInfo is { } invocation)
        {
            invocation.DisplayScriptPosition = extent;
        }
        else
        {
            EngineErrorMembers.SetInvocationInfo(error, InvocationInfo.Create(null, extent));
        }
    }

    [GeneratedRegex(@"^at <ScriptBlock>, (?<file>.*): \D*(?<line>\d+)\r?$", RegexOptions.Multiline)]
    private static partial Regex FirstFrame();
}
