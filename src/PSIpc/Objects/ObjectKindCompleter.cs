using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Completes the kinds of objects that there are.</summary>
public sealed class ObjectKindCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        Enum.GetNames<ObjectKind>()
            .Where(n => n != nameof(ObjectKind.None) && n.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .Select(n => new CompletionResult(n));
}
