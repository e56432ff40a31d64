using System.Text;

namespace PSIpc.Help;

/// <summary>Breaks text into lines at its spaces.</summary>
internal static class TextWrap
{
    /// <summary>The lines, none longer than the width but for a word that is longer by itself.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
