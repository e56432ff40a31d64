using System.Management.Automation;

namespace PSIpc.Host;

/// <summary>The words after a script's path, bound as <c>pwsh -File</c> binds them.</summary>
internal static class ScriptArguments
{
    /// <summary>Adds them: <c>-Name value</c> and <c>-Name:value</c> by name, <c>-Switch</c> alone as a switch, the rest by position.</summary>
    public static void AddTo(PowerShell pipeline, IReadOnlyList<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (!IsParameter(word))
            {
                pipeline.AddArgument(word);
                continue;
            }

            int colon = word.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                pipeline.AddParameter(word[1..colon], Value(word[(colon + 1)..]));
            }
            else if (i + 1 < words.Count && !IsParameter(words[i + 1]))
            {
                pipeline.AddParameter(word[1..], words[++i]);
            }
            else
            {
                pipeline.AddParameter(word[1..]);
            }
        }
    }

    /// <summary>A dash and a letter: <c>-5</c> is a number and <c>-</c> a text.</summary>
    private static bool IsParameter(string word) => word.Length > 1 && word[0] == '-' && char.IsLetter(word[1]);

    private static object Value(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };
}
