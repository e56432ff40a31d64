using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes the types that elements of shared memory can have: those of numbers, and the C structures of the session.</summary>
public sealed class ElementTypeCompleter : IArgumentCompleter
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
        string[] texts = commandName is not null && commandName.EndsWith("SharedValue", StringComparison.OrdinalIgnoreCase) ? ["String"] : [];
        return ElementTypeArgument.Names.Concat(texts).Concat(CStructs.All.Select(s => s.Name))
            .Where(n => n.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(n => new CompletionResult(n));
    }
}
