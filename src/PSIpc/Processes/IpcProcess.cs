using System.Diagnostics;
using System.Management.Automation;
using System.Reflection;
using PSIpc.Core;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// A child process that runs a script block. It is a Job: Get-, Wait-, Receive-, Stop- and Remove-Job work on it, and its
/// <see cref="Job.Id"/> is the process id.
/// </summary>
/// <remarks>
/// A child ends when its parent does, however that ends, unless it was started detached. All that it writes comes back as it is
/// written; a background thread of the parent takes it out of their link.
/// </remarks>
public sealed class IpcProcess : Job2
{
    // Without a limit, WaitForExit would wait for the end of the console too, which a grandchild may hold open.
    private const int LongestWait = int.MaxValue;

    // What a machine under load needs to start a PowerShell, many times over.
    private static readonly TimeSpan MaxBeginTime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    // Job.Id is a number of the session's own, and has no setter that a class derived from it can reach.
    private static readonly FieldInfo? IdField =
        typeof(Job).GetField("<Id>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic);

    // Protected in Job2 since PowerShell 3, but not in the reference assembly that this is compiled against.
    private static readonly Action<Job2, JobState, Exception?>? SetStateWithReason = typeof(Job2)
        .GetMethod("SetJobState", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(JobState), typeof(Exception)])
        ?.CreateDelegate<Action<Job2, JobState, Exception?>>();

    private readonly ProcessTask _task;
    private readonly ProcessLink _link;
    private readonly Process _process;
    private readonly ProcessTree _tree;
    private readonly StreamLog _log;
    private readonly ManualResetEvent _begun = new(initialState: false);
    private readonly ConsoleTail _console;

    // Not disposed: the system may say that the process ended after everything else was told so.
    private readonly CancellationTokenSource _gone = new();
    private volatile bool _stopRequested;
    private volatile bool _isKilled;
    private ErrorRecord? _failure;
    private int _disposed;

    private IpcProcess(IpcProcessStartInfo start, ProcessLink link, Process process, ProcessTree tree)
        : base(start.Task.Script, start.Name)
    {
        _task = start.Task;
        _link = link;
        _process = process;
        _tree = tree;
        ProcessId = process.Id;
        IdField?.SetValue(this, process.Id);
        StartTime = DateTime.Now;
        IsDetached = start.Task.IsDetached;
        PSJobTypeName = nameof(IpcProcess);
        _log = new StreamLog(this);
        _console = new ConsoleTail(process, _log);
        SetJobState(JobState.Running);
    }

    /// <summary>The process id.</summary>
    public int ProcessId { get; }

    /// <summary>Whether the process runs.</summary>
    public bool IsAlive => End == IpcProcessEnd.None;

    /// <summary>When it was started, in local time.</summary>
    public DateTime StartTime { get; }

    /// <summary>When it ended, in local time; null while it runs.</summary>
    public DateTime? EndTime { get; private set; }

    /// <summary>The exit code; null while it runs. 128 and the signal's number if a signal ended it, which <see cref="End"/> tells apart from an exit.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>How it ended: exited, killed by a signal, or crashed.</summary>
    public IpcProcessEnd End { get; private set; }

    /// <summary>The name of the signal that ended it, or null.</summary>
    public string? Signal { get; private set; }

    /// <summary>Whether it goes on when its parent ends.</summary>
    public bool IsDetached { get; }

    /// <inheritdoc/>
    public override bool HasMoreData =>
        Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count + Progress.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <inheritdoc/>
    public override string StatusMessage => IsAlive ? "" : new ProcessEnd(End, ExitCode ?? 0, Signal).ToString();

    /// <summary>What it wrote and nobody has received yet.</summary>
    internal StreamLog Log => _log;

    /// <inheritdoc/>
    public override void StopJob() => StopJob(force: false, "");

    /// <summary>Stops the process: asks it, and kills it after five seconds, or at once.</summary>
    /// <param name="force">Kill at once.</param>
    /// <param name="reason">Not used.</param>
    public override void StopJob(bool force, string reason)
    {
        if (force)
        {
            Kill();
        }
        else
        {
            RequestStop();
            if (!Finished.WaitOne(StopGrace))
            {
                Kill();
            }
        }

        Finished.WaitOne();
    }

    /// <inheritdoc/>
    public override void StopJobAsync() => StopJobAsync(force: false, "");

    /// <inheritdoc/>
    public override void StopJobAsync(bool force, string reason) => Task.Run(() =>
    {
        StopJob(force, reason);
        OnStopJobCompleted(new System.ComponentModel.AsyncCompletedEventArgs(null, false, null));
    });

    /// <inheritdoc/>
    public override void StartJob() => throw NotSupported(Messages.VerbStartedAgain);

    /// <inheritdoc/>
    public override void StartJobAsync() => throw NotSupported(Messages.VerbStartedAgain);

    /// <inheritdoc/>
    public override void SuspendJob() => throw NotSupported(Messages.VerbSuspended);

    /// <inheritdoc/>
    public override void SuspendJob(bool force, string reason) => throw NotSupported(Messages.VerbSuspended);

    /// <inheritdoc/>
    public override void SuspendJobAsync() => throw NotSupported(Messages.VerbSuspended);

    /// <inheritdoc/>
    public override void SuspendJobAsync(bool force, string reason) => throw NotSupported(Messages.VerbSuspended);

    /// <inheritdoc/>
    public override void ResumeJob() => throw NotSupported(Messages.VerbResumed);

    /// <inheritdoc/>
    public override void ResumeJobAsync() => throw NotSupported(Messages.VerbResumed);

    /// <inheritdoc/>
    public override void UnblockJob() => throw NotSupported(Messages.VerbUnblocked);

    /// <inheritdoc/>
    public override void UnblockJobAsync() => throw NotSupported(Messages.VerbUnblocked);

    /// <summary>Starts a child process.</summary>
    /// <param name="start">What it runs.</param>
    /// <param name="cancellation">Ends the wait for a detached child; the child is killed then.</param>
    /// <exception cref="IpcException">The name is invalid or taken, there is no program to run, the shared memory is full, or a detached child ended before it had its task.</exception>
    internal static IpcProcess Start(IpcProcessStartInfo start, CancellationToken cancellation = default)
    {
        ProcessLink link = ProcessLink.Create(start.Name);
        try
        {
            start.Task.Send(link);
            // The tree of a detached child has an id that is no object's: no sweep ends its programs.
            Guid tree = start.Task.IsDetached ? Guid.NewGuid() : link.Id;
            Process child = ChildLauncher.Start(nameof(IpcWorker.Run), link.Name, tree, start.Task.IsDetached, start.WorkingDirectory, start.Environment);
            var process = new IpcProcess(start, link, child, new ProcessTree(tree, child));
            process.Follow();
            if (process.IsDetached)
            {
                process.WaitUntilBegun(cancellation);
            }

            return process;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>Asks the script to stop, as Ctrl+C would.</summary>
    internal void RequestStop()
    {
        _stopRequested = true;
        if (IsAlive)
        {
            _link.SendToChild([1], default, Deadline.Now, default);
        }
    }

    /// <summary>Kills the process and the programs that it has started.</summary>
    internal void Kill()
    {
        _stopRequested = true;
        _isKilled = true;
        _tree.Kill();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (IsAlive && !IsDetached)
            {
                Kill();
                Finished.WaitOne(StopGrace);
            }

            if (!IsAlive)
            {
                _link.Dispose();
                _process.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private static PSNotSupportedException NotSupported(string what) =>
        new(Messages.ProcessCannotBe.With(what));

    /// <summary>Takes what the child writes until it is gone, then what it had written before, then says how it ended.</summary>
    private void Follow()
    {
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => _gone.Cancel();
        _console.Begin();
        new Thread(Run) { IsBackground = true, Name = $"PSIpc process {Name}" }.Start();

        void Run()
        {
            try
            {
                new StreamReaderLoop(_link).ReadUntilGone(Take, _gone.Token);
                _process.WaitForExit(LongestWait);
                _tree.Clear(keepsPrograms: IsDetached && !_isKilled);
                _console.Drain();
                Finish(ProcessEnd.From(_link.ExitCode, _process.ExitCode));
            }
            catch (ObjectDisposedException)
            {
                // The job was removed meanwhile: a detached one, or one whose end its remover saw before this thread was through with it.
            }
        }
    }

    /// <summary>Waits until a detached child has read its task and has opened what that refers to: from then on this process may end.</summary>
    private void WaitUntilBegun(CancellationToken cancellation)
    {
        if (WaitHandle.WaitAny([_begun, Finished, cancellation.WaitHandle], MaxBeginTime) == 0 || _begun.WaitOne(0))
        {
            return;
        }

        bool hasEnded = !IsAlive;
        Kill();
        Finished.WaitOne(StopGrace);
        string reason = _failure is not null ? $" {_failure}" : _console.Errors.Length > 0 ? Messages.WroteToStandardError.With(_console.Errors) : "";
        string end = StatusMessage;
        Dispose();
        cancellation.ThrowIfCancellationRequested();
        throw new IpcException(
            IpcErrorKind.WorkerDied,
            hasEnded ? Messages.DetachedEndedBeforeTask.With(Name, ProcessId, end, reason) : Messages.DetachedNotBegun.With(Name, ProcessId, MaxBeginTime.TotalSeconds),
            Name);
    }

    private void Take(StreamRecord record)
    {
        if (record.Stream == StreamKind.Begun)
        {
            _begun.Set();
            return;
        }

        if (record.Stream == StreamKind.Failure)
        {
            _failure = record.AsError();
        }

        _log.Add(record);
    }

    private void Finish(ProcessEnd end)
    {
        ExitCode = end.ExitCode;
        Signal = end.Signal;
        EndTime = DateTime.Now;
        End = end.End;
        Exception? reason = _failure?.Exception;
        bool failed = end.End != IpcProcessEnd.Exited || end.ExitCode != 0;
        if (failed && reason is null && !_stopRequested)
        {
            string console = _console.Errors;
            var died = new IpcException(
                IpcErrorKind.WorkerDied,
                Messages.ProcessDied.With(Name, ProcessId, end, console.Length > 0 ? Messages.WroteToStandardError.With(console) : ""),
                Name);
            reason = died;
            if (end.End != IpcProcessEnd.Exited)
            {
                _log.Add(new StreamRecord(StreamKind.Failure, IpcErrorRecord.From(died, this)));
            }
        }

        _task.CloseUntaken();
        _log.Complete();
        SetState(_stopRequested ? JobState.Stopped : failed ? JobState.Failed : JobState.Completed, _stopRequested ? null : reason);
    }

    private void SetState(JobState state, Exception? reason)
    {
        if (SetStateWithReason is null || reason is null)
        {
            SetJobState(state);
        }
        else
        {
            SetStateWithReason(this, state, reason);
        }
    }
}
