using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Closes listeners. Clients cannot connect any more, and the file of a Unix socket is deleted; accepted connections stay open.</para>
/// </summary>
[Cmdlet(VerbsCommon.Close, "IpcListener", SupportsShouldProcess = true)]
public sealed class CloseIpcListenerCommand : IpcCmdlet
{
    /// <summary>The listener: what New-IpcListener wrote.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public IpcListener[] Listener { get; set; } = [];

    /// <summary>Closes the listeners.</summary>
    protected override void ProcessRecord()
    {
        foreach (IpcListener listener in Listener)
        {
            if (ShouldProcess($"listener '{listener.Address}'", "Close"))
            {
                listener.Close();
            }
        }
    }
}
