using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until all messages of a queue have been received and, where the queue requires it, confirmed.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcQueue")]
public sealed class WaitIpcQueueCommand : ServedQueueCmdlet
{
    /// <summary>The queues: objects, names, or names with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Channel")]
    [ArgumentCompleter(typeof(QueueNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public object[] Queue { get; set; } = [];

    /// <summary>The maximum time to wait for each queue, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Waits for the queues.</summary>
    protected override void ProcessRecord() => ForEach(Queue);

    private protected override void Process(IpcQueue target)
    {
        if (!target.Channel.WaitUntilEmpty(Deadline.After(Timeout), StopToken))
        {
            throw new IpcException(
                IpcErrorKind.Timeout,
                Messages.QueueWaitTimedOut.With(target.ShownName, target.Count, Unconfirmed(target)),
                target.ShownName);
        }
    }

    private static string Unconfirmed(IpcQueue queue) => queue.RequiresConfirmation ? Messages.QueueWaitUnconfirmed.With(queue.Unconfirmed) : "";
}
