using System.IO.Pipes;
using System.Runtime.Versioning;

namespace PSIpc.Core.Connections;

/// <summary>A named pipe of Windows that listens: an instance of it for each connection, of which the first one must be new, so that no two listeners share a name. This user alone may open it.</summary>
[SupportedOSPlatform("windows")]
internal sealed class PipeSource : IConnectionSource
{
    private const int BufferSize = 8192;

    private NamedPipeServerStream _next;
    private bool _isDisposed;

    public PipeSource(PeerAddress address)
    {
        Address = address;
        try
        {
            _next = Create(address, PipeOptions.FirstPipeInstance);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.CannotListen.With(address, e.Message), address.Text, e);
        }
    }

    public PeerAddress Address { get; }

    public async Task<MessageLink> AcceptAsync(CancellationToken cancellation)
    {
        await _next.WaitForConnectionAsync(cancellation).ConfigureAwait(false);
        NamedPipeServerStream connected = _next;
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _next = Create(Address, PipeOptions.None);
        return new PipeLink(connected);
    }

    public void Dispose()
    {
        _isDisposed = true;
        _next.Dispose();
    }

    private static NamedPipeServerStream Create(PeerAddress address, PipeOptions instance) => new(
        address.Host,
        PipeDirection.InOut,
        NamedPipeServerStream.MaxAllowedServerInstances,
        PipeTransmissionMode.Message,
        PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly | instance,
        BufferSize,
        BufferSize);
}
