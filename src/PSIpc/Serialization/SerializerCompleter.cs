using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
namespace PSIpc;
/// <summary>x</summary>
public sealed class SerializerCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) => [];
}
