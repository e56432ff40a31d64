namespace PSIpc.Core.Pools;

/// <summary>How a worker's task ended.</summary>
internal enum TaskOutcome : byte
{
    /// <summary>It ended by itself.</summary>
    Completed,

    /// <summary>It ended by an error.</summary>
    Failed,

    /// <summary>It was stopped, as its call was.</summary>
    Stopped,

    /// <summary>Its worker died.</summary>
    Died,

    /// <summary>It ran longer than it may, and its worker was killed.</summary>
    TimedOut,
}

/// <summary>What a worker did for some time.</summary>
/// <param name="StartedAt">When it began, on the clock of Stopwatch.</param>
/// <param name="Elapsed">How long it took, in ticks of that clock.</param>
/// <param name="Item">The index of the item in the call's input; -1 for what comes at the end of the call.</param>
/// <param name="Call">The number of the call in the pool.</param>
/// <param name="Worker">The worker's number in the pool.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Text">A short text of the item; null where there is none.</param>
internal readonly record struct RecordedTask(long StartedAt, long Elapsed, long Item, uint Call, int Worker, int ProcessId, TaskOutcome Outcome, string? Text = null)
{
    /// <summary>When it ended, on the clock of Stopwatch.</summary>
    public long EndedAt => StartedAt + Elapsed;
}
