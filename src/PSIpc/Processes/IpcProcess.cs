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
public sealed class IpcProcess : IpcJob
{
    // Without a limit, WaitForExit would wait for the end of the console too, which a grandchild may hold open.
    private const int LongestWait = int.MaxValue;

    // What a machine under load needs to start a PowerShell, many times over.
    private static readonly TimeSpan MaxBeginTime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(5);

    // Job.Id is a number of the session's own, and has no setter that a class derived from it can reach.
    private static readonly FieldInfo? IdField =
        typeof(Job).GetField("<Id>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic);

    private readonly ProcessTask _task;
    private readonly TimeSpan _stopGracePeriod;
    private readonly ProcessLink _link;
    private readonly Process _process;
    private readonly ProcessTree _tree;
    private readonly ManualResetEvent _begun = new(initialState: false);
    private readonly object _linkGate = new();
    private readonly ConsoleTail _console;

    // Not disposed: the system may say that the process ended after everything else was told so.
    private readonly CancellationTokenSource _gone = new();
    private volatile bool _stopRequested;
    private volatile bool _isKilled;
    private ErrorRecord? _failure;
    private bool _hasErrors;
    private bool _isLinkClosed;
    private ProcessEnd _end;
    private DateTime _endTime;
    private int _disposed;

    private IpcProcess(IpcProcessStartInfo start, ProcessLink link, Process process, ProcessTree tree)
        : base(start.Task.Script.Text, start.Name, nameof(IpcProcess))
    {
        _task = start.Task;
        _stopGracePeriod = start.StopGracePeriod;
        _link = link;
        _process = process;
        _tree = tree;
        ProcessId = process.Id;
        IdField?.SetValue(this, process.Id);
        StartTime = DateTime.Now;
        IsDetached = start.Task.IsDetached;
        _console = new ConsoleTail(process, Log);
        SetJobState(JobState.Running);
    }

    /// <summary>The process id.</summary>
    public int ProcessId { get; }

    /// <summary>Whether the process runs.</summary>
    public bool IsAlive => !HasEnded;

    /// <summary>When it was started, in local time.</summary>
    public DateTime StartTime { get; }

    /// <summary>When it ended, in local time; null while it runs.</summary>
    public DateTime? EndTime => HasEnded ? _endTime : null;

    /// <summary>The exit code; null while it runs. 128 and the signal's number if a signal ended it, which <see cref="End"/> tells apart from an exit.</summary>
    public int? ExitCode => HasEnded ? _end.ExitCode : null;

    /// <summary>How it ended: exited, killed by a signal, or crashed.</summary>
    public IpcProcessEnd End => HasEnded ? _end.End : IpcProcessEnd.None;

    /// <summary>The name of the signal that ended it, or null.</summary>
    public string? Signal => HasEnded ? _end.Signal : null;

    /// <summary>Whether it goes on when its parent ends.</summary>
    public bool IsDetached { get; }

    /// <inheritdoc/>
    public override string StatusMessage => IsAlive ? "" : _end.ToString();

    /// <summary>Stops the process: asks it, and kills it when its grace period is over.</summary>
    public override void StopJob()
    {
        RequestStop();
        Finished.WaitOne();
    }

    /// <summary>Starts a child process.</summary>
    /// <param name="start">What it runs.</param>
    /// <param name="cancellation">Ends the wait for a detached child; the child is killed then.</param>
    /// <exception cref="IpcException">The name is invalid or taken, there is no program to run, the shared memory is full, or a detached child ended before it had its task.</exception>
    internal static IpcProcess Start(IpcProcessStartInfo start, CancellationToken cancellation = default)
    {
        ProcessLink link = ProcessLink.Create(start.Name);
        try
        {
            start.Task.Send(link, new WriteOptions(AllowsSecrets: true, start.BagTypes, KeepsScripts: true));
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

    /// <summary>Asks the script to stop, as Ctrl+C would, and kills the process when it has not ended after a grace period.</summary>
    /// <param name="gracePeriod">How long it may take to end; null for what it was started with.</param>
    internal void RequestStop(TimeSpan? gracePeriod = null)
    {
        _stopRequested = true;
        Task.Delay(gracePeriod ?? _stopGracePeriod, _gone.Token).ContinueWith(
            _ => Kill(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        lock (_linkGate)
        {
            if (!_isLinkClosed)
            {
                _link.SendToChild([1], default, Deadline.Now, default);
            }
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
                Finished.WaitOne(KillTime);
            }

            if (!IsAlive)
            {
                _process.Dispose();
            }
        }

        base.Dispose(disposing);
    }

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

    private void CloseLink()
    {
        lock (_linkGate)
        {
            _isLinkClosed = true;
        }

        _link.Dispose();
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
        Finished.WaitOne(KillTime);
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

        if (record.Stream is StreamKind.Error or StreamKind.Failure)
        {
            _hasErrors = true;
            _failure = record.Stream == StreamKind.Failure ? record.AsError() : _failure;
        }

        Log.Add(record);
    }

    private void Finish(ProcessEnd end)
    {
        bool failed = end.End != IpcProcessEnd.Exited || end.ExitCode != 0;
        Exception? reason = _failure?.Exception;
        if (failed && reason is null && !_stopRequested)
        {
            string console = _console.Errors;
            var died = new IpcException(
                IpcErrorKind.WorkerDied,
                Messages.ProcessDied.With(Name, ProcessId, end, console.Length > 0 ? Messages.WroteToStandardError.With(console) : ""),
                Name);
            reason = died;
            if (end.End != IpcProcessEnd.Exited || !_hasErrors)
            {
                Log.Add(new StreamRecord(StreamKind.Failure, IpcErrorRecord.From(died, this)));
            }
        }

        _task.CloseUntaken();

        CloseLink(); // From now on the name is free.
        _endTime = DateTime.Now;
        _end = end;
        SetFinalState(_stopRequested ? JobState.Stopped : failed ? JobState.Failed : JobState.Completed, _stopRequested ? null : reason);
    }
}
