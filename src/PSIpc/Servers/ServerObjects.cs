using PSIpc.Core;

namespace PSIpc;

/// <summary>The objects of one kind on a server, as users name them.</summary>
internal sealed class ServerObjects<T>(IpcServer server, ObjectKind kind, string noun, Func<string, T> open) : NamedObjects<T>(kind, noun, open)
    where T : class, IIpcObject
{
    private protected override string Place => server.Uri;

    /// <inheritdoc/>
    public override bool Exists(string name) => throw CannotList();

    /// <inheritdoc/>
    public override IEnumerable<string> NamesLike(string pattern) => throw CannotList();

    /// <inheritdoc/>
    public override void DeleteFile(string name) => throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerObjectHasNoFile.With(Noun, name), name);

    private IpcException CannotList() => new(
        IpcErrorKind.NotSupported, Messages.ServerDoesNotList.With(server.Name, Noun), server.Name);
}
