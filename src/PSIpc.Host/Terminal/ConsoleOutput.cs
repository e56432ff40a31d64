using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;

namespace PSIpc.Host.Terminal;

/// <summary>Standard output and standard error: each written whole lines at a time, with colours only where they can be seen.</summary>
internal sealed class ConsoleOutput
{
    private readonly Lock _gate = new();
    private readonly bool _colorErrors;
    private readonly ProgressLine? _progress;

    public ConsoleOutput()
    {
        bool hasColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsTerminal = !Console.IsOutputRedirected;
        SupportsEscapes = IsTerminal && !IsDumb;
        _colorErrors = !Console.IsErrorRedirected && !IsDumb && hasColors;
        _progress = Console.IsErrorRedirected || IsDumb ? null : new ProgressLine(Console.Error);
    }

    public bool IsTerminal { get; }

    /// <summary>Whether escape sequences on standard output reach a terminal that knows them.</summary>
    public bool SupportsEscapes { get; }

    /// <summary>The column (from 0) that the last text on standard output ended in.</summary>
    public int Column { get; private set; }

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" && !OperatingSystem.IsWindows();

    public void Write(string text)
    {
        if (OutputCapture.TryTake(PSHostUserInterface.GetOutputString(text, supportsVirtualTerminal: false)))
        {
            return;
        }

        string shown = PSHostUserInterface.GetOutputString(text, SupportsEscapes);
        lock (_gate)
        {
            _progress?.Clear();
            Console.Out.Write(shown);
            int line = shown.LastIndexOf('\n');
            Column = line >= 0 ? CellWidth.Of(shown.AsSpan(line + 1)) : Column + CellWidth.Of(shown);
        }
    }

    public void WriteLine(string text) => Write(text + Environment.NewLine);

    /// <summary>Writes a line to standard error, in a style (an escape sequence) when that can be seen.</summary>
    public void WriteErrorLine(string text, string style = "")
    {
        if (OutputCapture.TryTake(Plain(text) + Environment.NewLine))
        {
            return;
        }

        string shown = !_colorErrors ? Plain(text) : style.Length == 0 ? text : style + text + PSStyle.Instance.Reset;
        lock (_gate)
        {
            _progress?.Clear();
            Console.Error.Write(shown + Environment.NewLine);
        }
    }

    public void WriteProgress(ProgressRecord record)
    {
        lock (_gate)
        {
            _progress?.Show(record);
        }
    }

    public void ClearProgress()
    {
        lock (_gate)
        {
            _progress?.Clear();
        }
    }

    /// <summary>Notes that the cursor is at the start of a line, where the terminal itself has put it.</summary>
    public void NoteNewLine() => Column = 0;

    private static string Plain(string text) =>
        text.Contains('\e') ? new StringDecorated(text).ToString(OutputRendering.PlainText) : text;
}
