using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>What Invoke-ProcessPool -AsJob returns: results come into the job as items end.</summary>
public sealed class ProcessPoolJob : Job
{
    private readonly PoolCall _call;
    private readonly PoolProgress? _progress;
    private readonly List<ResultSegment> _results = [];
    private readonly Thread _follower;

    internal ProcessPoolJob(ProcessPool pool, PoolCall call, string script, bool showProgress)
        : base(script, $"Pool{IpcName.MakeUnique("")}")
    {
        Pool = pool;
        _call = call;
        _progress = showProgress ? new PoolProgress(pool, call) : null;
        PSJobTypeName = nameof(ProcessPoolJob);
        SetJobState(JobState.Running);
        _follower = new Thread(Follow) { IsBackground = true, Name = $"PSIpc job {Name}" };
        _follower.Start();
    }

    /// <summary>The pool that runs it.</summary>
    public ProcessPool Pool { get; }

    /// <summary>Items that have ended.</summary>
    public long Completed => _call.Done;

    /// <summary>Items that ended by an error.</summary>
    public long Failed => _call.Failed;

    /// <summary>Items that have come.</summary>
    public long Total => _call.Submitted;

    /// <summary>The number of its call in the pool.</summary>
    internal uint Call => _call.Number;

    /// <inheritdoc/>
    public override bool HasMoreData =>
        Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count + Progress.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <inheritdoc/>
    public override string StatusMessage => $"{Completed:N0} of {Total:N0}";

    /// <inheritdoc/>
    public override void StopJob()
    {
        _call.Cancel(InvokeProcessPoolCommand.StopGrace);
        Finished.WaitOne();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Thread.CurrentThread != _follower)
        {
            // What has come and is still on its way into the job's streams needs them.
            _call.Cancel(InvokeProcessPoolCommand.StopGrace);
            _follower.Join();
        }

        base.Dispose(disposing);
    }

    private void Follow()
    {
        try
        {
            bool isOver;
            do
            {
                _call.WaitForResults(_progress is null ? Deadline.Never : PoolProgress.NextLook(Deadline.Never), default);
                isOver = _call.IsOver;
                while (_call.TryTake(_results))
                {
                    foreach (ResultSegment result in _results)
                    {
                        ResultReader.ForEach(result, record => JobStreams.Add(this, record.Stream == StreamKind.Failure ? record with { Stream = StreamKind.Error } : record));
                    }

                    _results.Clear();
                }

                if (_progress is not null)
                {
                    Progress.Add(_progress.Record());
                }
            }
            while (!isOver);

            Finish();
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            // The job was removed meanwhile: its streams take nothing more.
            SetJobState(JobState.Stopped);
        }
    }

    private void Finish()
    {
        if (_call.Failure is { } reason)
        {
            Error.Add(reason is IpcException ipc ? IpcErrorRecord.From(ipc, Pool) : new ErrorRecord(reason, "PoolFailed", ErrorCategory.NotSpecified, Pool));
        }
        else if (!_call.FailureRecord.IsEmpty)
        {
            Error.Add(ResultReader.ReadFailure(_call.FailureRecord));
        }

        bool failed = _call.Failure is not null || !_call.FailureRecord.IsEmpty;
        JobStreams.Complete(this);
        SetJobState(_call.IsCancelled ? JobState.Stopped : failed ? JobState.Failed : JobState.Completed);
    }
}
