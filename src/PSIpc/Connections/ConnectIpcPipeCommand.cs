using System.Management.Automation;
using PSIpc.Core.Connections;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Connects to a listener of New-IpcListener or of Python's multiprocessing.connection, and writes a channel for Send-IpcMessage and Receive-IpcMessage.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "IpcPipe")]
[OutputType(typeof(IpcConnection))]
public sealed class ConnectIpcPipeCommand : ConnectionCmdlet
{
    /// <summary>The address of the listener: the path of a socket, <c>host:port</c>, or on Windows <c>\\.\pipe\name</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Address { get; set; } = "";

    /// <summary>Waits until a listener has the address. Without it an address without a listener is an error.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The maximum time to wait until the listener accepts the connection, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Connects.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            var connection = PeerConnection.Connect(
                Parse(Address), AuthKeyArgument.ToBytes(AuthKey), IpcSerializers.FormatOf(Serializer), Wait, Deadline.After(Timeout), StopToken);
            WriteObject(new IpcConnection(connection) { PickleOptions = Options });
        },
        Address);
}
