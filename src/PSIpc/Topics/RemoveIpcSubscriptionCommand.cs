using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Ends a subscription: publishers do not wait for it any more.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcSubscription", SupportsShouldProcess = true)]
public sealed class RemoveIpcSubscriptionCommand : IpcCmdlet
{
    /// <summary>The subscriptions.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Channel")]
    [ValidateNotNullOrEmpty]
    public IpcSubscription[] Subscription { get; set; } = [];

    /// <summary>Ends the subscriptions.</summary>
    protected override void ProcessRecord()
    {
        foreach (IpcSubscription subscription in Subscription)
        {
            if (ShouldProcess($"subscription to '{subscription.Topic}'", "Remove"))
            {
                Try(
                    () =>
                    {
                        subscription.Remove(StopToken);
                        subscription.Dispose();
                    },
                    subscription);
            }
        }
    }
}
