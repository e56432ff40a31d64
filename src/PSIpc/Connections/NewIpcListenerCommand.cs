using System.Management.Automation;
using PSIpc.Core.Connections;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Listens for connections of Python's multiprocessing.connection.Client and of Connect-IpcPipe. Receive-IpcConnection accepts them.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcListener")]
[OutputType(typeof(IpcListener))]
public sealed class NewIpcListenerCommand : ConnectionCmdlet
{
    /// <summary>The address to listen at: the path of a socket, <c>host:port</c> (port 0: a free port; host *: all networks), or on Windows <c>\\.\pipe\name</c>. By default a socket in the folder for temporary files.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string? Address { get; set; }

    /// <summary>The mode of the file of a Unix socket (UserRead, UserWrite). Other users need write access to connect; use a key as well.</summary>
    [Parameter]
    public UnixFileMode FileMode { get; set; } = PeerListener.DefaultFileMode;

    /// <summary>Listens.</summary>
    protected override void ProcessRecord() => Try(
        () => WriteObject(IpcListener.Create(Address is null ? PeerAddress.Arbitrary() : Parse(Address), AuthKey, Serializer, Options, FileMode)),
        Address);
}
