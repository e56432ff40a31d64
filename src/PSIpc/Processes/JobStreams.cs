using System.Management.Automation;

namespace PSIpc;

/// <summary>The collections of a job, one for each stream.</summary>
internal static class JobStreams
{
    /// <summary>Nothing more will come.</summary>
    public static void Complete(Job job)
    {
        job.Output.Complete();
        job.Error.Complete();
        job.Warning.Complete();
        job.Verbose.Complete();
        job.Debug.Complete();
        job.Information.Complete();
        job.Progress.Complete();
    }

    /// <summary>Adds a record to the collection of its stream; returns it as it is there.</summary>
    public static StreamRecord Add(Job job, StreamRecord record)
    {
        switch (record.Stream, record.Plain)
        {
            case (StreamKind.Failure, _):
                return record;
            case (StreamKind.Error, _):
                ErrorRecord error = record.AsError();
                job.Error.Add(error);
                return record with { Value = error };
            case (StreamKind.Warning, WarningRecord warning):
                job.Warning.Add(warning);
                return record with { Value = warning };
            case (StreamKind.Verbose, VerboseRecord verbose):
                job.Verbose.Add(verbose);
                return record with { Value = verbose };
            case (StreamKind.Debug, DebugRecord debug):
                job.Debug.Add(debug);
                return record with { Value = debug };
            case (StreamKind.Information, InformationRecord information):
                job.Information.Add(information);
                return record with { Value = information };
            case (StreamKind.Progress, ProgressRecord progress):
                job.Progress.Add(progress);
                return record with { Value = progress };
            default:
                if (record.Value is null)
                {
                    return record; // a Job's own output has no nulls
                }

                // A wrapper of its own, so that equal values (interned strings, small numbers) stay apart.
                PSObject output = record.Value as PSObject ?? new PSObject(record.Value);
                job.Output.Add(output);
                return new StreamRecord(StreamKind.Output, output);
        }
    }
}
