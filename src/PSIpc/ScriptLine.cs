namespace PSIpc;

/// <summary>The line of a script that a table shows.</summary>
public static class ScriptLine
{
    private const string CommentEnd = "#>";

    /// <summary>The first line of a script that says something: it is neither empty nor a comment. An ellipsis stands for the lines after it.</summary>
    public static string Of(string? script)
    {
        string[] lines = (script ?? "").Trim().Split('\n');
        bool isComment = false;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (isComment || line.StartsWith("<#", StringComparison.Ordinal))
            {
                int end = line.IndexOf(CommentEnd, StringComparison.Ordinal);
                isComment = end < 0;
                line = isComment ? "" : line[(end + CommentEnd.Length)..].Trim();
            }

            if (line.Length > 0 && line[0] != '#')
            {
                return i < lines.Length - 1 ? $"{line} …" : line;
            }
        }

        return lines[0].Trim();
    }
}
