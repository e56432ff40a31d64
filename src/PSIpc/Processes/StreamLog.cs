using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What a child wrote, in order, beside the Job's collections, which know only the order in each stream. What one reader takes is gone
/// for the other: Receive-IpcProcess takes from both, and what Receive-Job took from a collection is passed over here.
/// </summary>
internal sealed class StreamLog(Job job)
{
    private readonly object _gate = new();
    private readonly List<StreamRecord> _records = [];
    private bool _complete;

    /// <summary>Adds a record.</summary>
    public void Add(StreamRecord record)
    {
        lock (_gate)
        {
            StreamRecord kept = JobStreams.Add(job, record);
            _records.Add(kept);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Adds a record that may come after the end.</summary>
    public void AddUnlessComplete(StreamRecord record)
    {
        lock (_gate)
        {
            if (!_complete)
            {
                Add(record);
            }
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
            JobStreams.Complete(job);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Makes readers look again, such as one that is to stop.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until there is something or nothing will come; false when the time is up.</summary>
    public bool WaitForRecords(Core.Waiting.Deadline deadline, CancellationToken cancellation)
    {
        lock (_gate)
        {
            while (_records.Count == 0 && !_complete)
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

    /// <summary>Whether nothing is left and nothing will come.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _complete && _records.Count == 0;
            }
        }
    }

    /// <summary>Takes all that is there, in order, or (keep) copies it.</summary>
    public List<StreamRecord> Take(bool keep)
    {
        lock (_gate)
        {
            HashSet<object> unread = new(ReferenceEqualityComparer.Instance);
            Collect(job.Output, keep, unread);
            Collect(job.Error, keep, unread);
            Collect(job.Warning, keep, unread);
            Collect(job.Verbose, keep, unread);
            Collect(job.Debug, keep, unread);
            Collect(job.Information, keep, unread);
            Collect(job.Progress, keep, unread);
            var taken = _records.Where(r => r.Stream == StreamKind.Failure || r.Value is null || unread.Contains(r.Value!)).ToList();
            if (!keep)
            {
                _records.Clear();
            }

            return taken;
        }
    }

    private static void Collect<T>(PSDataCollection<T> collection, bool keep, HashSet<object> unread)
        where T : class
    {
        if (keep)
        {
            var copy = new T[collection.Count];
            collection.CopyTo(copy, 0);
            unread.UnionWith(copy);
        }
        else
        {
            unread.UnionWith(collection.ReadAll());
        }
    }
}
