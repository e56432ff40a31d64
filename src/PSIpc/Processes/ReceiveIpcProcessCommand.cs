using System.Management.Automation;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Writes what processes have written to all streams, in its order.</para>
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "IpcProcess")]
[OutputType(typeof(object))]
public sealed class ReceiveIpcProcessCommand : ProcessCmdlet
{
    /// <summary>Waits for further output until each process has ended.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>With <c>-Wait</c>, the maximum time to wait for the next record, in seconds or as a TimeSpan. By default there is no limit.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Keeps the output for the next receive.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>Receives from the processes, one after the other.</summary>
    protected override void ProcessRecord()
    {
        foreach (IpcProcess process in Resolve())
        {
            Try(() => Receive(process), process);
        }
    }

    private void Receive(IpcProcess process)
    {
        if (Keep)
        {
            if (Wait)
            {
                if (DownstreamOutput.IsExpected)
                {
                    DownstreamOutput.Wait([new JobWaitable(process)], all: false, Deadline.Never, StopToken);
                }

                WaitHandle.WaitAny([process.Finished, StopToken.WaitHandle]);
                StopToken.ThrowIfCancellationRequested();
            }

            foreach (StreamRecord record in process.Log.Copy())
            {
                record.WriteTo(this);
            }

            return;
        }

        using CancellationTokenRegistration wake = StopToken.Register(process.Log.Wake);
        do
        {
            Deadline deadline = Deadline.After(Timeout);
            if (Wait && DownstreamOutput.IsExpected)
            {
                DownstreamOutput.Wait([process.Log], all: false, deadline, StopToken);
            }

            if (Wait && !process.Log.WaitForRecords(deadline, StopToken))
            {
                throw IpcTimeout.Empty(process.Name);
            }

            // One at a time: what is not written, because the pipeline ends, is there for the next receive.
            while (!StopToken.IsCancellationRequested && process.Log.TryTake(out StreamRecord record))
            {
                record.WriteTo(this);
            }
        }
        while (Wait && !process.Log.IsDrained);
    }
}
