using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>A job, of ours or any other, that is ready when it has ended.</summary>
internal sealed class JobWaitable(Job job) : IWaitable
{
    private EventHandler<JobStateEventArgs>? _handler;

    public bool IsReady(out WaitTarget target)
    {
        target = default;
        return job.JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped or JobState.Disconnected;
    }

    public void Attach(Action wake)
    {
        _handler = (_, _) => wake();
        job.StateChanged += _handler;
    }

    public void Detach(Action wake) => job.StateChanged -= _handler;
}
