using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Remoting.Internal;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// What a job has written and no reader has received. The records are in the engine's collections, where Receive-Job finds them; Receive-IpcProcess takes them
/// from the same collections, one at a time, so that a reader that ends early leaves the rest.
/// </summary>
/// <remarks>
/// Adding to a collection runs handlers of others, such as Receive-Job's, which waits for its own pipeline: no lock is held then. Taken records lie at the
/// beginning of the collection until no other is left, since a record can be removed only at the cost of moving all that follow.
/// </remarks>
internal sealed class JobLog : IWaitable
{
    private readonly object _gate = new();
    private readonly Job _job;
    private readonly PSDataCollection<PSStreamObject>? _results;
    private int _taken;
    private bool _isComplete;

    /// <summary>Creates the log of a job.</summary>
    public JobLog(Job job)
    {
        _job = job;
        _results = JobResults.Of(job);
    }

    private event Action? Changed;

    /// <summary>Whether there is a record to take.</summary>
    public bool HasRecords
    {
        get
        {
            lock (_gate)
            {
                return _results is null ? JobStreams.HasRecords(_job) : Peek() is not null;
            }
        }
    }

    /// <summary>Whether nothing is left and nothing will come.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _isComplete && !HasRecords;
            }
        }
    }

    /// <summary>Adds a record, unless the job has ended or was removed.</summary>
    public void Add(StreamRecord record)
    {
        try
        {
            if (_results is null)
            {
                JobStreams.Add(_job, record);
            }
            else
            {
                _results.Add(new JobRecord(record));
                if (record is { Stream: StreamKind.Progress, Plain: ProgressRecord progress })
                {
                    _job.Progress.Add(progress); // Where scripts look how far a job is.
                }
            }
        }
        catch (InvalidOperationException)
        {
            return; // The collection is closed or disposed.
        }

        Wake();
    }

    /// <summary>Nothing more will come, and the job's state is final.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
        }

        Changed?.Invoke();
    }

    /// <summary>Makes readers look again, such as one that is to stop.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        Changed?.Invoke();
    }

    bool IWaitable.IsReady(out WaitTarget target)
    {
        target = default;
        lock (_gate)
        {
            return HasRecords || _isComplete;
        }
    }

    void IWaitable.Attach(Action wake) => Changed += wake;

    void IWaitable.Detach(Action wake) => Changed -= wake;

    /// <summary>Waits until there is a record or none will come; false when the time is up.</summary>
    public bool WaitForRecords(Deadline deadline, CancellationToken cancellation)
    {
        lock (_gate)
        {
            while (!HasRecords && !_isComplete)
            {
                cancellation.ThrowIfCancellationRequested();
                if (deadline.IsOver)
                {
                    return false;
                }

                Monitor.Wait(_gate, deadline.Milliseconds());
            }

            return true;
        }
    }

    /// <summary>Takes the oldest record; false when there is none now.</summary>
    public bool TryTake(out StreamRecord record)
    {
        lock (_gate)
        {
            if (_results is null)
            {
                return JobStreams.TryTake(_job, out record);
            }

            lock (((ICollection)_results).SyncRoot)
            {
                JobRecord? first = Peek();
                first?.Take();
                record = first?.Record ?? default;
                return first is not null;
            }
        }
    }

    /// <summary>All that is there, which stays.</summary>
    public IReadOnlyList<StreamRecord> Copy()
    {
        lock (_gate)
        {
            if (_results is null)
            {
                return JobStreams.Copy(_job);
            }

            lock (((ICollection)_results).SyncRoot)
            {
                return [.. _results.OfType<JobRecord>().Where(r => !r.IsTaken).Select(r => r.Record)];
            }
        }
    }

    /// <summary>The records of a stream that are there, which stay; or the collection of the stream itself, where they are in it.</summary>
    public PSDataCollection<T> Copy<T>(PSDataCollection<T> collection, StreamKind stream, Func<StreamRecord, T> select)
    {
        if (_results is null)
        {
            return collection;
        }

        var copy = new PSDataCollection<T>(Copy().Where(r => (r.Stream == StreamKind.Failure ? StreamKind.Error : r.Stream) == stream).Select(select));
        copy.Complete();
        return copy;
    }

    /// <summary>The oldest record that was not taken.</summary>
    private JobRecord? Peek()
    {
        lock (((ICollection)_results!).SyncRoot)
        {
            // Receive-Job empties the collection, or removes from its beginning.
            if (_taken > _results.Count || (_taken > 0 && _results[_taken - 1] is not JobRecord { IsTaken: true }))
            {
                _taken = 0;
            }

            for (; _taken < _results.Count; _taken++)
            {
                if (_results[_taken] is JobRecord { IsTaken: false } record)
                {
                    return record;
                }
            }

            if (_taken > 0)
            {
                _results.Clear();
                _taken = 0;
            }

            return null;
        }
    }
}
