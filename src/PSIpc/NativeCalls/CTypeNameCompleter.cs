using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSIpc;

/// <summary>Completes C types: the common ones, and the structures that the session has declared.</summary>
public sealed class CTypeNameCompleter : IArgumentCompleter
{
    private static readonly string[] Common =
    [
        "void", "bool", "char", "int", "unsigned int", "long", "unsigned long", "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t",
        "uint64_t", "size_t", "ssize_t", "float", "double", "string", "wstring", "char *", "const char *", "void *", "int *", "double *",
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string start = (wordToComplete ?? "").Trim('\'', '"');
        return Common.Concat(CStructs.All.SelectMany(s => (string[])[s.Type.Name, s.Type.Name + " *"]))
            .Where(t => t.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(t => new CompletionResult(t.Contains(' ', StringComparison.Ordinal) ? $"'{t}'" : t, t, CompletionResultType.ParameterValue, t));
    }
}
