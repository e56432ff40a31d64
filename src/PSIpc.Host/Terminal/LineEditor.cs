using System.Management.Automation;
using System.Text;

namespace PSIpc.Host.Terminal;

/// <summary>
/// One line typed at a terminal: insert, delete, move, complete. It keeps to one row, which scrolls sideways when the line is longer,
/// so that it needs to know no more of the terminal than its width.
/// </summary>
internal sealed class LineEditor(ConsoleOutput output)
{
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _startColumn;
    private bool _secret;
    private Cycle? _cycle;

    /// <summary>Reads a line; null when Ctrl+D ends the input.</summary>
    /// <exception cref="PipelineStoppedException">Ctrl+C.</exception>
    public string? ReadLine(bool secret, Completion? complete)
    {
        _line.Clear();
        _cursor = 0;
        _startColumn = output.Column;
        _secret = secret;
        _cycle = null;
        output.ClearProgress();
        bool controlCAsInput = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                switch (key)
                {
                    case { Key: ConsoleKey.Enter }:
                        EndLine();
                        return _line.ToString();
                    case { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control }:
                        EndLine();
                        throw new PipelineStoppedException();
                    case { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } when _line.Length == 0:
                        EndLine();
                        return null;
                    case { Key: ConsoleKey.Tab } when complete is not null && !secret:
                        CompleteAtCursor(complete, key.Modifiers.HasFlag(ConsoleModifiers.Shift));
                        break;
                    default:
                        _cycle = null;
                        Edit(key);
                        break;
                }

                // Pasted text arrives key by key: it is drawn once.
                if (!Console.KeyAvailable)
                {
                    Draw();
                }
            }
        }
        finally
        {
            Console.TreatControlCAsInput = controlCAsInput;
        }
    }

    private void Edit(ConsoleKeyInfo key)
    {
        switch (key)
        {
            case { Key: ConsoleKey.Backspace } when _cursor > 0:
                _line.Remove(--_cursor, 1);
                break;
            case { Key: ConsoleKey.Delete } or { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } when _cursor < _line.Length:
                _line.Remove(_cursor, 1);
                break;
            case { Key: ConsoleKey.LeftArrow }:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case { Key: ConsoleKey.RightArrow }:
                _cursor = Math.Min(_line.Length, _cursor + 1);
                break;
            case { Key: ConsoleKey.Home } or { Key: ConsoleKey.A, Modifiers: ConsoleModifiers.Control }:
                _cursor = 0;
                break;
            case { Key: ConsoleKey.End } or { Key: ConsoleKey.E, Modifiers: ConsoleModifiers.Control }:
                _cursor = _line.Length;
                break;
            case { Key: ConsoleKey.U, Modifiers: ConsoleModifiers.Control } or { Key: ConsoleKey.Escape }:
                _line.Clear();
                _cursor = 0;
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    _line.Insert(_cursor++, key.KeyChar);
                }

                break;
        }
    }

    private void CompleteAtCursor(Completion complete, bool backwards)
    {
        if (_cycle is null)
        {
            (int start, int length, IReadOnlyList<string> texts) = complete(_line.ToString(), _cursor);
            if (texts.Count == 0)
            {
                return;
            }

            _cycle = new Cycle(start, length, texts, backwards ? texts.Count - 1 : 0);
        }
        else
        {
            int step = backwards ? _cycle.Texts.Count - 1 : 1;
            _cycle = _cycle with { Index = (_cycle.Index + step) % _cycle.Texts.Count };
        }

        string text = _cycle.Texts[_cycle.Index];
        _line.Remove(_cycle.Start, _cycle.Length).Insert(_cycle.Start, text);
        _cursor = _cycle.Start + text.Length;
        _cycle = _cycle with { Length = text.Length };
    }

    private void Draw()
    {
        int room = Math.Max(8, Console.WindowWidth - _startColumn - 1);
        string line = _secret ? new string('*', _line.Length) : _line.ToString();

        // The cursor stays in view: what is left of it goes until it fits.
        int first = 0;
        while (first < _cursor && CellWidth.Of(line.AsSpan(first, _cursor - first)) >= room)
        {
            first++;
        }

        int last = line.Length;
        while (last > _cursor && CellWidth.Of(line.AsSpan(first, last - first)) > room)
        {
            last--;
        }

        int behind = CellWidth.Of(line.AsSpan(_cursor, last - _cursor));
        string start = _startColumn > 0 ? $"\r\e[{_startColumn}C" : "\r";
        Console.Out.Write(start + line[first..last] + "\e[K" + (behind > 0 ? $"\e[{behind}D" : ""));
    }

    private void EndLine()
    {
        _cursor = _line.Length;
        Draw();
        Console.Out.Write(Environment.NewLine);
        output.NoteNewLine();
    }

    private sealed record Cycle(int Start, int Length, IReadOnlyList<string> Texts, int Index);
}
