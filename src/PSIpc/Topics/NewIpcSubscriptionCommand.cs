using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Subscribes to a topic: the subscription receives the messages that are sent from now on.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "IpcSubscription")]
[OutputType(typeof(IpcSubscription))]
public sealed class NewIpcSubscriptionCommand : ServedTopicCmdlet
{
    /// <summary>The topics: objects, or names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(TopicNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] Topic { get; set; } = [];

    /// <summary>Begins with the oldest message that the topic still holds.</summary>
    [Parameter]
    public SwitchParameter FromOldest { get; set; }

    /// <summary>Subscribes.</summary>
    protected override void ProcessRecord()
    {
        foreach (object topic in Topic)
        {
            Try(
                () =>
                {
                    IpcSubscription made = Known.Resolve(topic).Subscribe(FromOldest, StopToken);
                    WriteVerbose($"Subscribed to topic '{made.Topic}'; {made.Count:N0} messages are there.");
                    WriteObject(made);
                },
                topic);
        }
    }
}
