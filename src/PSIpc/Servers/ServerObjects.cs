using PSIpc.Core;
using PSIpc.Core.Segments;

namespace PSIpc;

/// <summary>The objects of one kind on a server, as users name them.</summary>
internal sealed class ServerObjects<T>(IpcServer server, ObjectKind kind, string noun, Func<string, T> open) : NamedObjects<T>(kind, noun, open)
    where T : class, IIpcObject
{
    private const int FirstPause = 50;
    private const int MaxPause = 1000;

    private protected override string Place => server.Uri;

    /// <summary>A server reports no new names: it is asked.</summary>
    public override NameWatch Watch(string pattern) => NameWatch.Polling(FirstPause, MaxPause);

    /// <inheritdoc/>
    public override bool Exists(string name) => throw CannotList();

    /// <inheritdoc/>
    public override IEnumerable<string> NamesLike(string pattern) => throw CannotList();

    /// <inheritdoc/>
    public override void DeleteFile(string name) => throw new IpcException(IpcErrorKind.NotSupported, Messages.ServerObjectHasNoFile.With(Noun, name), name);

    private IpcException CannotList() => new(
        IpcErrorKind.NotSupported, Messages.ServerDoesNotList.With(server.Name, Noun), server.Name);
}
