using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Accepts connections to a listener. A client without the key is an error, and the next one is accepted.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "IpcConnection", DefaultParameterSetName = CountSet)]
[OutputType(typeof(IpcConnection))]
public sealed class ReceiveIpcConnectionCommand : IpcCmdlet
{
    private const string CountSet = "Count";
    private const string AvailableSet = "Available";
    private const string WaitSet = "Wait";

    /// <summary>The listener: what New-IpcListener wrote.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public IpcListener Listener { get; set; } = null!;

    /// <summary>The number of connections to accept, waiting for each; by default one. A rejected connection counts.</summary>
    [Parameter(Position = 1, ParameterSetName = CountSet)]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = 1;

    /// <summary>Accepts the pending connections without waiting; none if there are none.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AvailableSet)]
    public SwitchParameter Available { get; set; }

    /// <summary>Accepts connections as they arrive, until the listener is closed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WaitSet)]
    public SwitchParameter Wait { get; set; }

    /// <summary>The maximum time to wait for each connection, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter(ParameterSetName = CountSet)]
    [Parameter(ParameterSetName = WaitSet)]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Takes connections.</summary>
    protected override void ProcessRecord()
    {
        bool goesOn = true;
        for (long left = Available ? Listener.Count : Wait ? long.MaxValue : Count; left > 0 && goesOn; left--)
        {
            goesOn = false;
            Try(() => goesOn = Take(), Listener);
        }
    }

    /// <summary>Takes one; false when there is none any more.</summary>
    private bool Take()
    {
        try
        {
            Deadline deadline = Available ? Deadline.Now : Deadline.After(Timeout);
            if (!Available && DownstreamOutput.IsExpected)
            {
                DownstreamOutput.Wait([Listener.Waitable], all: false, deadline, StopToken);
            }

            IpcConnection? taken = Listener.TryAccept(deadline, StopToken);
            if (taken is null)
            {
                return Available ? false : throw Listener.Nobody();
            }

            WriteObject(taken);
            return true;
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.AuthenticationFailed)
        {
            WriteError(IpcErrorRecord.From(e, Listener));
            return true;
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.Closed && ParameterSetName != CountSet)
        {
            return false;
        }
    }
}
