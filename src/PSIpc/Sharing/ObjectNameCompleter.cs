using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>Completes the names of the live objects of one kind, or of all.</summary>
public abstract class ObjectNameCompleter : IArgumentCompleter
{
    private readonly ObjectKind _kind;

    private protected ObjectNameCompleter(ObjectKind kind) => _kind = kind;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get((wordToComplete ?? "").Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        return IpcDirectory.Default.ObjectFiles()
            .Where(o => (_kind == ObjectKind.None || o.Kind == _kind) && pattern.IsMatch(o.Name))
            .Select(o => o.Name)
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(n => new CompletionResult(n, n, CompletionResultType.ParameterValue, n));
    }
}

/// <summary>Completes the names of queues.</summary>
public sealed class QueueNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public QueueNameCompleter()
        : base(ObjectKind.Queue)
    {
    }
}

/// <summary>Completes the names of objects of every kind.</summary>
public sealed class AnyObjectNameCompleter : ObjectNameCompleter
{
    /// <summary>Creates the completer.</summary>
    public AnyObjectNameCompleter()
        : base(ObjectKind.None)
    {
    }
}
