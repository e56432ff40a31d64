using System.Management.Automation;

namespace PSIpc;

/// <summary>A cmdlet that does something to each of some queues.</summary>
public abstract class QueueCmdlet : IpcCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>Goes through the queues.</summary>
    protected sealed override void ProcessRecord()
    {
        foreach (object? queue in Queue.SelectMany(QueueArgument.Expand))
        {
            Try(() => ProcessArgument(queue), queue);
        }
    }

    private protected virtual void ProcessArgument(object? argument) => Process(QueueArgument.Resolve(argument));

    /// <summary>Does the cmdlet's work on one queue.</summary>
    /// <param name="queue">The queue.</param>
    protected abstract void Process(IpcQueue queue);
}
