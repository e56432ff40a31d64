using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes an argument that is one of the names that there are. A derived class says which.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    private protected NameCompleter()
    {
    }

    /// <summary>The names that begin with what was typed, in upper or lower case and without its quotes; quoted where they must be, or were.</summary>
    /// <param name="commandName">The command.</param>
    /// <param name="parameterName">The parameter.</param>
    /// <param name="wordToComplete">What was typed of its argument.</param>
    /// <param name="commandAst">The command as it was typed.</param>
    /// <param name="fakeBoundParameters">Its other arguments.</param>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = wordToComplete ?? "";
        bool isQuoted = word.StartsWith('\'') || word.StartsWith('"');
        string start = word.Trim('\'', '"');
        return Names(new CompletionRequest(commandName ?? "", start, fakeBoundParameters ?? new Hashtable()))
            .Where(n => n.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .DistinctBy(n => n.Name, StringComparer.Ordinal)
            .Select(n => new CompletionResult(
                isQuoted || NeedsQuotes(n.Name) ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(n.Name)}'" : n.Name,
                n.Name,
                CompletionResultType.ParameterValue,
                n.ToolTip.Length > 0 ? n.ToolTip : n.Name));
    }

    /// <summary>The names, in the order in which they are offered. Those that do not begin with what was typed are left out by the caller.</summary>
    private protected abstract IEnumerable<CompletionName> Names(CompletionRequest request);

    /// <summary>A name is a word of a command by itself unless it looks like a number or a parameter, or has other characters than names of objects have.</summary>
    private static bool NeedsQuotes(string name) =>
        !(char.IsAsciiLetter(name[0]) || name[0] is '_' or '/') || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '/' or '+' or '*'));
}
