namespace PSIpc;

/// <summary>Completes the names of the functions of a native library. It reads the library's file and does not load it: no code of it runs by pressing Tab.</summary>
public sealed class NativeFunctionCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        request.Argument(nameof(InvokeNativeFunctionCommand.Library))?.ToString() is { Length: > 0 } library && SystemLibraries.PathOf(library) is { } path
            ? ElfSymbols.FunctionsOf(path).Order(StringComparer.Ordinal).Select(n => new CompletionName(n))
            : [];
}
