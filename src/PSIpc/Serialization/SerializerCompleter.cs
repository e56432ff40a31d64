namespace PSIpc;

/// <summary>Completes the names of serializers.</summary>
public class SerializerCompleter : NameCompleter
{
    private protected override IEnumerable<CompletionName> Names(CompletionRequest request) =>
        IpcSerializers.All.Where(IsOffered).Select(s => new CompletionName(s.Name, s.Description));

    private protected virtual bool IsOffered(IIpcSerializer serializer) => true;
}

/// <summary>Completes the names of serializers that this session has registered.</summary>
public sealed class OwnSerializerCompleter : SerializerCompleter
{
    private protected override bool IsOffered(IIpcSerializer serializer) => serializer.Format == IpcSerializers.NamedFormat;
}
