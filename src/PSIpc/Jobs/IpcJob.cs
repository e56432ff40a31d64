using System.Diagnostics;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace PSIpc;

/// <summary>What the jobs of this module share: records that Receive-Job writes as it writes those of Start-Job, and the reason of their end.</summary>
public abstract class IpcJob : Job
{
    /// <summary>How long a removal waits for those who are told of the end, unless they wait for it.</summary>
    private static readonly TimeSpan MaxTellTime = TimeSpan.FromMilliseconds(100);

    private readonly object _gate = new();
    private Exception? _reason;
    private Thread? _teller;
    private bool _isListedAgain;

    private protected IpcJob(string command, string name, string typeName)
        : base(command.Trim(), name)
    {
        PSJobTypeName = typeName;
        Log = new JobLog(this);

        // The first of all handlers: by the time that any other is told, and however long it takes, a reader of the log knows that the state is final.
        StateChanged += (_, change) =>
        {
            if (IsFinal(change.JobStateInfo.State))
            {
                Log.Complete();
            }
        };
    }

    /// <summary>The name, by which cmdlets find the job.</summary>
    public override string ToString() => Name;

    /// <summary>The state, and the error that ended the job.</summary>
    /// <remarks>
    /// The engine's own property has the state alone: for a reason in it Receive-Job would write an error of its own, JobStateFailed, beside the job's.
    /// </remarks>
    public new virtual JobStateInfo JobStateInfo => HasEnded ? new JobStateInfo(base.JobStateInfo.State, _reason) : base.JobStateInfo;

    /// <summary>The output that no reader has received yet: a copy. So are the collections of the other streams, but for that of progress.</summary>
    /// <remarks>The engine's own collections are empty where it has <see cref="JobResults"/>.</remarks>
    public new PSDataCollection<PSObject?> Output => Log.Copy(base.Output!, StreamKind.Output, static r => r.Value is null ? null : PSObject.AsPSObject(r.Value));

    /// <inheritdoc cref="Output"/>
    public new PSDataCollection<ErrorRecord> Error => Log.Copy(base.Error, StreamKind.Error, static r => r.AsError());

    /// <inheritdoc cref="Output"/>
    public new PSDataCollection<WarningRecord> Warning => Log.Copy(base.Warning, StreamKind.Warning, static r => r.Plain as WarningRecord ?? new WarningRecord($"{r.ForJob()}"));

    /// <inheritdoc cref="Output"/>
    public new PSDataCollection<VerboseRecord> Verbose => Log.Copy(base.Verbose, StreamKind.Verbose, static r => r.Plain as VerboseRecord ?? new VerboseRecord($"{r.ForJob()}"));

    /// <inheritdoc cref="Output"/>
    public new PSDataCollection<DebugRecord> Debug => Log.Copy(base.Debug, StreamKind.Debug, static r => r.Plain as DebugRecord ?? new DebugRecord($"{r.ForJob()}"));

    /// <inheritdoc cref="Output"/>
    public new PSDataCollection<InformationRecord> Information => Log.Copy(base.Information, StreamKind.Information, static r => r.Plain as InformationRecord ?? new InformationRecord(r.Value, ""));

    /// <inheritdoc/>
    public override bool HasMoreData => Log.HasRecords;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <summary>Where the session lists it; null for a child job.</summary>
    internal JobRepository? Repository { get; private set; }

    /// <summary>What it wrote and no reader has received.</summary>
    internal JobLog Log { get; }

    /// <summary>Whether its state is final.</summary>
    internal bool HasEnded => IsFinal(base.JobStateInfo.State);

    /// <summary>Adds it to the jobs of a session.</summary>
    internal void AddTo(JobRepository repository)
    {
        Repository = repository;
        repository.Add(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && IsToldElsewhere && IsRemovedByReceiveJob())
        {
            ListUntilTold();
        }

        base.Dispose(disposing);
    }

    /// <summary>Sets the state, unless the job was removed.</summary>
    private protected void SetState(JobState state)
    {
        try
        {
            SetJobState(state);
        }
        catch (ObjectDisposedException)
        {
            // The job was removed meanwhile.
        }
    }

    /// <summary>Sets the final state; everything else that tells of the end is set before.</summary>
    private protected void SetFinalState(JobState state, Exception? reason)
    {
        _reason = reason;
        lock (_gate)
        {
            _teller = Thread.CurrentThread;
        }

        SetState(state);
        lock (_gate)
        {
            _teller = null;
            Monitor.PulseAll(_gate);
        }

        if (_isListedAgain)
        {
            Try(r => r.Remove(this));
        }
    }

    /// <summary>Whether another thread has set the final state and runs the handlers of the event.</summary>
    private bool IsToldElsewhere
    {
        get
        {
            lock (_gate)
            {
                return _teller is not null && _teller != Thread.CurrentThread;
            }
        }
    }

    private static bool IsRemovedByReceiveJob() => new StackTrace().GetFrames().Any(f => f.GetMethod()?.DeclaringType == typeof(ReceiveJobCommand));

    /// <summary>
    /// Receive-Job -AutoRemoveJob removes a job when it has written what there is, and again when it is told of the end; a job that ends in between is removed twice, and the second
    /// time is an error. Its handler waits for its pipeline, which is here. So the session lists the job until the handlers have run.
    /// </summary>
    private void ListUntilTold()
    {
        lock (_gate)
        {
            if (_teller is not null)
            {
                Monitor.Wait(_gate, MaxTellTime);
            }

            _isListedAgain = _teller is not null;
            if (_isListedAgain)
            {
                Try(r => r.Add(this));
            }
        }
    }

    private void Try(Action<JobRepository> change)
    {
        try
        {
            if (Repository is not null)
            {
                change(Repository);
            }
        }
        catch (ArgumentException)
        {
            // It is listed already, or no more.
        }
    }

    private static bool IsFinal(JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;
}
