namespace PSIpc;

/// <summary>Completes the names of the C structures that the session has declared.</summary>
public sealed class CStructNameCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        CStructs.All.Select(s => new CompletionName(s.Name, $"{s.Size:N0} bytes: {string.Join<CStructField>("; ", s.Fields)}"));
}
