using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Waits until any or all of several objects are ready: channels with a message or at their end, listeners with a client, set events, ended processes and jobs. Writes the ready objects.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Wait, "IpcObject")]
[OutputType(typeof(IpcChannel), typeof(IpcListener), typeof(IpcProcess), typeof(Job), typeof(ProcessPoolTask))]
public sealed class WaitIpcObjectCommand : IpcCmdlet
{
    private readonly List<object> _given = [];
    private readonly List<IWaitable> _waitables = [];

    /// <summary>The objects to wait for: queues, subscriptions, ends of pipes, connections, listeners, events, processes and other jobs, or names of channels.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ChannelNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object[] InputObject { get; set; } = [];

    /// <summary>Waits until all objects are ready at once, instead of any of them.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>The maximum time to wait, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Collects the objects.</summary>
    protected override void ProcessRecord()
    {
        foreach (object given in InputObject)
        {
            Try(() => Add(given is PSObject wrapped ? wrapped.BaseObject : given), given);
        }
    }

    /// <summary>Waits for them.</summary>
    protected override void EndProcessing()
    {
        if (_waitables.Count > 0)
        {
            Try(Wait);
        }
    }

    private void Add(object given)
    {
        if (given is Job job)
        {
            _waitables.Add(new JobWaitable(job));
            _given.Add(job);
            return;
        }

        if (given is IpcEvent shared)
        {
            _waitables.Add(shared.Waitable);
            _given.Add(shared);
            return;
        }

        if (given is ProcessPoolTask task)
        {
            _waitables.Add(task.Waitable);
            _given.Add(task);
            return;
        }

        if (given is IpcListener listener)
        {
            _waitables.Add(listener.Waitable);
            _given.Add(listener);
            return;
        }

        IpcChannel channel = ChannelArgument.ToReceiveFrom(given);
        _waitables.Add(channel.Waitable);
        _given.Add(channel);
    }

    private void Wait()
    {
        IReadOnlyList<int> ready = DownstreamOutput.Wait(_waitables, All, Deadline.After(Timeout), StopToken);
        if (ready.Count == 0 || (All && ready.Count < _given.Count))
        {
            throw new IpcException(
                IpcErrorKind.Timeout, Messages.WaitNotReady.With(string.Join(", ", _given.Where((_, i) => !ready.Contains(i)).Select(one => one is Job job ? job.Name : one))));
        }

        foreach (int index in ready)
        {
            WriteObject(_given[index], enumerateCollection: false);
        }

        GC.KeepAlive(_given);
    }
}
