namespace PSIpc;

/// <summary>Completes the types that elements of shared memory can have: those of numbers, and the C structures of the session.</summary>
public sealed class ElementTypeCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request)
    {
        string[] texts = request.Command.EndsWith("SharedValue", StringComparison.OrdinalIgnoreCase) ? ["String"] : [];
        return ElementTypeArgument.Names.Concat(texts).Concat(CStructs.All.Select(s => s.Name)).Select(n => new CompletionName(n));
    }
}
