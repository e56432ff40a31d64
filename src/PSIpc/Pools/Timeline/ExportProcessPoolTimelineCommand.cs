using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Exports which worker of a process pool ran which task when, as a page for a browser or as a trace for Perfetto.</para>
/// </summary>
[Cmdlet(VerbsData.Export, "ProcessPoolTimeline", SupportsShouldProcess = true, DefaultParameterSetName = PoolSet)]
public sealed class ExportProcessPoolTimelineCommand : IpcCmdlet
{
    private const string PoolSet = "Pool";
    private const string JobSet = "Job";

    /// <summary>The file: .html for a self-contained page, .json for a trace in Chrome's format, which Perfetto opens. An existing file is overwritten unless <c>-NoClobber</c> is given.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The pool: an object or its name, or a job. By default the pool of this session that was recorded last.</summary>
    [Parameter(ParameterSetName = PoolSet, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [ValidateNotNull]
    public object? Pool { get; set; }

    /// <summary>The job that Invoke-ProcessPool -AsJob returned: only its tasks are exported.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JobSet)]
    [ValidateNotNull]
    public Job? Job { get; set; }

    /// <summary>Does not overwrite an existing file.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Writes the file.</summary>
    protected override void ProcessRecord() => Try(Export, Path);

    private static IpcException NothingRecorded(string whose) => new(
        IpcErrorKind.NotFound, Messages.TimelineEmpty.With(whose));

    private void Export()
    {
        string path = FullPath();
        Action<Stream, PoolTimeline> write = WriterFor(path);
        PoolTimeline timeline = Read();
        if (NoClobber && File.Exists(path))
        {
            throw new IpcException(IpcErrorKind.AlreadyExists, Messages.TimelineFileExists.With(path), path);
        }

        if (!ShouldProcess(path, "Write the timeline"))
        {
            return;
        }

        try
        {
            using var stream = new FileStream(path, NoClobber ? FileMode.CreateNew : FileMode.Create, FileAccess.Write);
            write(stream, timeline);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            WriteError(new ErrorRecord(e, "TimelineNotWritten", ErrorCategory.WriteError, path));
            return;
        }

        WriteVerbose($"Wrote {timeline.Tasks.Length:N0} tasks of process pool '{timeline.Pool}' to {path}.");
        if (timeline.Dropped > 0)
        {
            WriteWarning(Messages.TimelineDropped.With(timeline.Dropped, Core.Pools.TaskLog.MostTasks));
        }
    }

    private string FullPath()
    {
        string path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out ProviderInfo provider, out _);
        return provider.Name == "FileSystem"
            ? path
            : throw new IpcException(IpcErrorKind.InvalidArgument, Messages.TimelinePathInvalid.With(Path), Path);
    }

    private static Action<Stream, PoolTimeline> WriterFor(string path) => System.IO.Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".HTML" or ".HTM" => TimelinePage.Write,
        ".JSON" => TraceWriter.Write,
        _ => throw new IpcException(IpcErrorKind.InvalidArgument, Messages.TimelineFormatUnknown.With(path), path),
    };

    private PoolTimeline Read()
    {
        object? plain = (Pool is PSObject wrapped ? wrapped.BaseObject : Pool) ?? Job;
        if (plain is ProcessPoolJob job)
        {
            return Read(job.Pool, job.Call) ?? throw NothingRecorded($"Job '{job.Name}'");
        }

        if (plain is Job other)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.TimelineJobOfNoPool.With(other.Name), other.Name);
        }

        if (plain is not null)
        {
            var pool = ProcessPool.Resolve(plain);
            return Read(pool, null) ?? throw NothingRecorded(Messages.PoolTitle.With(pool.Name));
        }

        return ProcessPool.All.Select(p => Read(p, null)).OfType<PoolTimeline>().MaxBy(t => t.Begin + t.Span) ?? throw NothingRecorded(Messages.NoPoolTitle);
    }

    private static PoolTimeline? Read(ProcessPool pool, uint? call) =>
        pool.Engine.Log?.Read(call) is ({ Length: > 0 } tasks, var dropped) ? new PoolTimeline(pool.Name, tasks, dropped) : null;
}
