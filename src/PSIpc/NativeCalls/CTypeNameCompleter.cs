namespace PSIpc;

/// <summary>Completes C types: the common ones, and the structures that the session has declared.</summary>
public sealed class CTypeNameCompleter : NameCompleter
{
    private static readonly string[] Common =
    [
        "void", "bool", "char", "int", "unsigned int", "long", "unsigned long", "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t",
        "uint64_t", "size_t", "ssize_t", "float", "double", "string", "wstring", "char *", "const char *", "void *", "int *", "double *",
    ];

    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        Common.Concat(CStructs.All.SelectMany(s => (string[])[s.Type.Name, s.Type.Name + " *"])).Select(t => new CompletionName(t));
}
