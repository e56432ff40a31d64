using System.Diagnostics;

namespace PSIpc.Core.Pools;

/// <summary>Keeping what workers did for calls that are recorded.</summary>
internal sealed partial class WorkerPool
{
    /// <summary>What its workers did for calls that are recorded; null where none was.</summary>
    public TaskLog? Log { get; private set; }

    /// <summary>Keeps a task that ended while its worker lives.</summary>
    private void Record(PoolWorker worker, in GivenItems given, in ResultHeader header) => Record(
        worker,
        given,
        header.Ordinal,
        header.StartedAt,
        header.Elapsed,
        (header.Flags & ResultFlags.Failed) != 0 ? TaskOutcome.Failed : (header.Flags & ResultFlags.Stopped) != 0 ? TaskOutcome.Stopped : TaskOutcome.Completed);

    /// <summary>Keeps a task that its worker had begun when it died; it ran until then, as far as is known now.</summary>
    private void RecordLost(PoolWorker worker, in GivenItems given, ulong ordinal)
    {
        long startedAt = worker.Link!.StartedAt;
        TaskOutcome outcome = worker.TimedOutOrdinal == ordinal ? TaskOutcome.TimedOut : given.Call.IsOver ? TaskOutcome.Stopped : TaskOutcome.Died;
        Record(worker, given, ordinal, startedAt, Stopwatch.GetTimestamp() - startedAt, outcome);
    }

    private void Record(PoolWorker worker, in GivenItems given, ulong ordinal, long startedAt, long elapsed, TaskOutcome outcome)
    {
        long item = given.Items is { } items ? items.FirstIndex + (long)(ordinal - given.FirstOrdinal) : -1;
        string? text = given.Call.TextOf(item, isLast: outcome is TaskOutcome.Completed or TaskOutcome.Failed);
        Log!.Add(new RecordedTask(startedAt, Math.Max(0, elapsed), item, given.Call.Number, worker.Number, worker.Process!.Id, outcome, text));
    }
}
