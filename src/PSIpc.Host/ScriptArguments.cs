using System.Management.Automation.Runspaces;

namespace PSIpc.Host;

/// <summary>Turns the words after a script's name into the parameters of its command, as <c>pwsh -File</c> does.</summary>
internal static class ScriptArguments
{
    /// <summary>
    /// Adds each word to the command. <c>-Name</c> is a parameter (the next word is its value unless it is a switch),
    /// <c>-Name:value</c> a parameter with its value, and anything else positional.
    /// </summary>
    public static void AddTo(Command command, IEnumerable<string> words)
    {
        foreach (string word in words)
        {
            command.Parameters.Add(Parse(word));
        }
    }

    private static CommandParameter Parse(string word)
    {
        if (!IsParameterName(word))
        {
            return new CommandParameter(null, word);
        }

        // A name that keeps its dash and has no value lets the binder decide whether the next word belongs to it.
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || colon == word.Length - 1
            ? new CommandParameter(word)
            : new CommandParameter(word[..colon], Value(word[(colon + 1)..]));
    }

    // A dash and a letter: -5 and - are values.
    private static bool IsParameterName(string word) =>
        word.Length > 1 && word[0] == '-' && (char.IsLetter(word[1]) || word[1] is '_' or '?');

    private static object Value(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };
}
