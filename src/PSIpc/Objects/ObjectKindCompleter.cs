using PSIpc.Core;

namespace PSIpc;

/// <summary>Completes the kinds of objects that there are.</summary>
public sealed class ObjectKindCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        Enum.GetNames<ObjectKind>().Where(n => n != nameof(ObjectKind.None)).Order(StringComparer.Ordinal).Select(n => new CompletionName(n));
}
