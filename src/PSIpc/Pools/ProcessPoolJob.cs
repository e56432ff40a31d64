using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// What Invoke-ProcessPool -AsJob returns: results come into the job as items end. A job of up to 1,000 items has a child job for each of them, in the order of the
/// input; one of more items has none.
/// </summary>
public sealed class ProcessPoolJob : IpcJob
{
    /// <summary>The most items that have child jobs. A job takes several kilobytes and a handle of the operating system.</summary>
    private const int MaxChildJobs = 1000;

    private readonly PoolCall _call;
    private readonly PoolProgress? _progress;
    private readonly List<ResultSegment> _results = [];
    private readonly List<ProcessPoolItemJob> _items = [];
    private Exception? _firstError;

    internal ProcessPoolJob(ProcessPool pool, PoolCall call, string script, bool showProgress)
        : base(script, $"Pool{IpcName.MakeUnique("")}", nameof(ProcessPoolJob))
    {
        Pool = pool;
        _call = call;
        call.Owner = this;
        _progress = showProgress ? new PoolProgress(pool, call) : null;
        SetJobState(JobState.Running);
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
    public override bool HasMoreData => base.HasMoreData || ChildJobs.Any(c => c.HasMoreData);

    /// <inheritdoc/>
    public override string StatusMessage => $"{Completed:N0} of {Total:N0}";

    /// <inheritdoc/>
    public override void StopJob()
    {
        _call.Cancel();
        Finished.WaitOne();
    }

    /// <summary>Begins to take what comes back. All items have come.</summary>
    internal void Follow()
    {
        for (long i = 0, count = Total; count <= MaxChildJobs && i < count; i++)
        {
            var item = new ProcessPoolItemJob(this, i);
            _items.Add(item);
            ChildJobs.Add(item);
        }

        new Thread(TakeUntilOver) { IsBackground = true, Name = $"PSIpc job {Name}" }.Start();
    }

    /// <summary>Whether a worker runs an item now.</summary>
    internal bool IsRunning(long index) => Pool.Engine.IsRunning(_call, index);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // The thread that takes the results is not waited for: it may be telling the caller of the state. What it adds from now on is dropped.
            if (!_call.IsOver)
            {
                _call.Cancel();
            }

            foreach (Job item in ChildJobs)
            {
                item.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private void TakeUntilOver()
    {
        ProcessPoolItemJob? item = null;
        void Add(StreamRecord record)
        {
            if (record.Stream == StreamKind.Failure)
            {
                Exception error = record.AsError().Exception;
                _firstError ??= error;
                item?.NoteError(error);
            }

            (item?.Log ?? Log).Add(record);
        }

        Action<StreamRecord> add = Add;
        FormattedSequences? sequences = _call.Options.IsOrdered ? null : new FormattedSequences(add);
        bool isOver;
        do
        {
            _call.WaitForResults(_progress is null ? Deadline.Never : PoolProgress.NextLook(Deadline.Never), default);
            isOver = _call.IsOver;
            while (_call.TryTake(_results))
            {
                foreach (ResultSegment result in _results)
                {
                    item = result.Index >= 0 && result.Index < _items.Count ? _items[(int)result.Index] : null;
                    item?.Begin();
                    if (sequences is null)
                    {
                        ResultReader.ForEach(result, add);
                    }
                    else
                    {
                        sequences.Write(result);
                    }

                    if (result.IsDone)
                    {
                        item?.End(result.IsFailed ? JobState.Failed : JobState.Completed);
                    }
                }

                _results.Clear();
            }

            if (_progress is not null)
            {
                Log.Add(new StreamRecord(StreamKind.Progress, _progress.Record()));
            }
        }
        while (!isOver);

        item = null;
        sequences?.WriteRest();
        Finish(add);
    }

    private void Finish(Action<StreamRecord> add)
    {
        if (_call.Failure is { } reason)
        {
            add(new StreamRecord(StreamKind.Failure, reason is IpcException ipc ? IpcErrorRecord.From(ipc, Pool) : new ErrorRecord(reason, "PoolFailed", ErrorCategory.NotSpecified, Pool)));
        }
        else if (!_call.FailureRecord.IsEmpty)
        {
            add(new StreamRecord(StreamKind.Failure, ResultReader.ReadFailure(_call.FailureRecord)));
        }

        bool isStopped = _call.IsCancelled;
        JobState state = isStopped ? JobState.Stopped : _firstError is null ? JobState.Completed : JobState.Failed;
        foreach (ProcessPoolItemJob item in _items.Where(i => !i.HasEnded))
        {
            item.End(state);
        }

        SetFinalState(state, isStopped ? null : _firstError);
    }
}
