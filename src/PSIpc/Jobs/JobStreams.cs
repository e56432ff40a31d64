using System.Management.Automation;

namespace PSIpc;

/// <summary>The collections of a job, one for each stream: where its records are when the engine has no <see cref="JobResults"/>.</summary>
internal static class JobStreams
{
    /// <summary>Whether there is any record.</summary>
    public static bool HasRecords(Job job) =>
        job.Output.Count + job.Error.Count + job.Warning.Count + job.Verbose.Count + job.Debug.Count + job.Information.Count + job.Progress.Count > 0;

    /// <summary>Adds a record to the collection of its stream.</summary>
    public static void Add(Job job, StreamRecord record)
    {
        switch (record.Stream, record.Plain)
        {
            case (StreamKind.Error or StreamKind.Failure, _):
                job.Error.Add(record.AsError());
                break;
            case (StreamKind.Warning, WarningRecord warning):
                job.Warning.Add(warning);
                break;
            case (StreamKind.Verbose, VerboseRecord verbose):
                job.Verbose.Add(verbose);
                break;
            case (StreamKind.Debug, DebugRecord debug):
                job.Debug.Add(debug);
                break;
            case (StreamKind.Information, InformationRecord information):
                job.Information.Add(information);
                break;
            case (StreamKind.Progress, ProgressRecord progress):
                job.Progress.Add(progress);
                break;
            case (_, not null):
                job.Output.Add(PSObject.AsPSObject(record.Value));
                break;
        }
    }

    /// <summary>Takes a record: of the output first, then of the other streams.</summary>
    public static bool TryTake(Job job, out StreamRecord record) =>
        TryTake(job.Output, StreamKind.Output, out record)
        || TryTake(job.Error, StreamKind.Error, out record)
        || TryTake(job.Warning, StreamKind.Warning, out record)
        || TryTake(job.Verbose, StreamKind.Verbose, out record)
        || TryTake(job.Debug, StreamKind.Debug, out record)
        || TryTake(job.Information, StreamKind.Information, out record)
        || TryTake(job.Progress, StreamKind.Progress, out record);

    /// <summary>All records, in the order in which they would be taken.</summary>
    public static IReadOnlyList<StreamRecord> Copy(Job job) =>
    [
        .. Copy(job.Output, StreamKind.Output),
        .. Copy(job.Error, StreamKind.Error),
        .. Copy(job.Warning, StreamKind.Warning),
        .. Copy(job.Verbose, StreamKind.Verbose),
        .. Copy(job.Debug, StreamKind.Debug),
        .. Copy(job.Information, StreamKind.Information),
        .. Copy(job.Progress, StreamKind.Progress),
    ];

    private static IEnumerable<StreamRecord> Copy<T>(PSDataCollection<T> collection, StreamKind stream)
    {
        var copy = new T[collection.Count];
        collection.CopyTo(copy, 0);
        return copy.Select(r => new StreamRecord(stream, r));
    }

    private static bool TryTake<T>(PSDataCollection<T> collection, StreamKind stream, out StreamRecord record)
    {
        bool found = collection.Count > 0;
        record = found ? new StreamRecord(stream, collection[0]) : default;
        if (found)
        {
            collection.RemoveAt(0);
        }

        return found;
    }
}
