using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Measures throughput and latency of messages between two processes of this machine: this one and a child.</para>
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "IpcChannel")]
[OutputType(typeof(IpcChannelSpeed))]
public sealed class MeasureIpcChannelCommand : IpcCmdlet
{
    private const int LargestSize = 1 << 24;
    private const string Script = "param($from, $to) [PSIpc.ChannelMeter]::Serve($from, $to)";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>What to measure: Queue, Pipe or Topic.</summary>
    [Parameter(Position = 0)]
    [ValidateSet("Queue", "Pipe", "Topic")]
    public string[] Kind { get; set; } = ["Queue"];

    /// <summary>The size of a message in bytes (64), at most 16 MB.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(1, LargestSize)]
    public int[] Size { get; set; } = [64];

    /// <summary>The duration of each of the four measurements, in seconds or as a TimeSpan, from 10 ms to one minute (half a second). Values outside this range are set to its nearest end.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Duration { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures.</summary>
    protected override void ProcessRecord()
    {
        foreach (string kind in Kind)
        {
            foreach (int size in Size)
            {
                Try(() => WriteObject(Measure(kind, size)), kind);
            }
        }
    }

    private static TimeSpan Clamp(TimeSpan duration) =>
        duration < Shortest && duration != System.Threading.Timeout.InfiniteTimeSpan ? Shortest : duration > Longest || duration < TimeSpan.Zero ? Longest : duration;

    private IpcChannelSpeed Measure(string kind, int size)
    {
        // Large enough that a message goes through the ring and not beside it, small enough for the processor's caches.
        long capacity = Math.Max(1 << 20, 4L * size);
        using var back = IpcQueue.Create(capacity: capacity);
        using IpcQueue? queue = kind == "Queue" ? IpcQueue.Create(capacity: capacity) : null;
        using IpcPipe? pipe = kind == "Pipe" ? IpcPipe.Create(capacity: capacity) : null;
        using IpcTopic? topic = kind == "Topic" ? IpcTopic.Create(capacity: capacity) : null;
        using IpcSubscription? subscription = topic?.Subscribe();
        IpcChannel to = queue ?? pipe?.Writer ?? (IpcChannel)topic!;
        IpcChannel from = queue ?? pipe?.Reader ?? (IpcChannel)subscription!;
        using var other = IpcProcess.Start(new IpcProcessStartInfo
        {
            Name = Core.IpcName.MakeUnique("measure"),
            Task = new ProcessTask { Script = new ScriptSource(Script), Arguments = [from, back] },
        });
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        other.StateChanged += (_, _) => ended.Cancel();
        if (!other.IsAlive)
        {
            ended.Cancel();
        }

        try
        {
            return ChannelMeter.Measure(to, back, kind, size, Clamp(Duration), ended.Token);
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
            throw new IpcException(IpcErrorKind.WorkerDied, Messages.MeterProcessEnded.With(other.StatusMessage), other.Name);
        }
    }
}
