namespace PSIpc;

/// <summary>A cmdlet for queues of this machine, or of a server.</summary>
public abstract class ServedQueueCmdlet : ServedObjectCmdlet<IpcQueue>
{
    private protected ServedQueueCmdlet()
    {
    }

    private protected sealed override NamedObjects<IpcQueue> Local => IpcQueue.Named;

    private protected sealed override NamedObjects<IpcQueue> On(IpcServer server) => server.Queues(StopToken);
}
