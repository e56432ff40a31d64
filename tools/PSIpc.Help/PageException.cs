namespace PSIpc.Help;

/// <summary>A page is not in the form that it should have.</summary>
internal sealed class PageException(string path, int line, string message) : Exception(message)
{
    public string Path { get; } = path;

    /// <summary>Counted from 1.</summary>
    public int Line { get; } = line;
}
