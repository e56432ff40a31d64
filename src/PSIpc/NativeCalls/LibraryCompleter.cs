namespace PSIpc;

/// <summary>Completes the names of native libraries: those that are loaded, then those in the folders where Linux looks.</summary>
public sealed class LibraryCompleter : NameCompleter
{
    // With a slash it is a path, which PowerShell completes by itself when nothing is offered.
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) => request.Start.Contains('/', StringComparison.Ordinal)
        ? []
        : ImportedLibrary.All.Select(l => new CompletionName(l.Name, $"{l.Name}, which is loaded"))
            .Concat(SystemLibraries.Names(request.Start).Select(n => new CompletionName(n)));
}
