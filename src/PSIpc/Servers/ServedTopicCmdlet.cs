namespace PSIpc;

/// <summary>A cmdlet for topics of this machine, or of a server.</summary>
public abstract class ServedTopicCmdlet : ServedObjectCmdlet<IpcTopic>
{
    private protected ServedTopicCmdlet()
    {
    }

    private protected sealed override NamedObjects<IpcTopic> Local => IpcTopic.Named;

    private protected sealed override NamedObjects<IpcTopic> On(IpcServer server) => server.Topics(StopToken);
}
