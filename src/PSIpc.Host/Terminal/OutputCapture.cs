using System.Text;

namespace PSIpc.Host.Terminal;

/// <summary>Takes what one thread writes to the console while it is there, instead of the console.</summary>
internal sealed class OutputCapture : IDisposable
{
    [ThreadStatic]
    private static OutputCapture? _current;

    private readonly OutputCapture? _outer = _current;
    private readonly StringBuilder _text;

    /// <summary>Begins to take this thread's output.</summary>
    /// <param name="text">Where it goes.</param>
    /// <param name="width">How many columns the output believes to have; null for the console's own.</param>
    public OutputCapture(StringBuilder text, int? width)
    {
        _text = text;
        Width = width;
        _current = this;
    }

    /// <summary>The columns that output on this thread is to fill, where a capture says so.</summary>
    public static int? CurrentWidth => _current?.Width;

    private int? Width { get; }

    /// <summary>Takes the text when this thread's output is captured.</summary>
    public static bool TryTake(string text)
    {
        _current?._text.Append(text);
        return _current is not null;
    }

    /// <summary>Gives the output back to the console.</summary>
    public void Dispose() => _current = _outer;
}
