namespace PSIpc;

/// <summary>
/// The end of what a process wrote to its standard error, which says why it crashed. Of a stack only the innermost frames are kept: the runtime writes
/// the reason before it, and hundreds of frames after.
/// </summary>
internal sealed class ErrorTail
{
    private const int KeptLines = 20;
    private const int KeptFrames = 3;

    private readonly Queue<string> _lines = new();
    private int _frames;

    /// <summary>Adds a line.</summary>
    public void Add(string line)
    {
        lock (_lines)
        {
            _frames = line.StartsWith("   at ", StringComparison.Ordinal) ? _frames + 1 : 0;
            if (_frames > KeptFrames)
            {
                return;
            }

            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
            }
        }
    }

    /// <summary>The lines.</summary>
    public override string ToString()
    {
        lock (_lines)
        {
            return string.Join(Environment.NewLine, _lines);
        }
    }
}
