namespace PSIpc;

/// <summary>Completes the names of the servers that the session is connected to.</summary>
public sealed class ServerNameCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        IpcServers.Names.Order(StringComparer.OrdinalIgnoreCase).Select(n => new CompletionName(n, $"Server {n}"));
}
