using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes the names of the native libraries that are loaded.</summary>
public sealed class LibraryCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string start = (wordToComplete ?? "").Trim('\'', '"');
        return ImportedLibrary.All
            .Where(l => l.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(l => new CompletionResult($"'{l.Name}'", l.Name, CompletionResultType.ParameterValue, l.Name));
    }
}
