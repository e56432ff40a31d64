namespace PSIpc.Core.Pools;

/// <summary>How a worker is doing.</summary>
/// <param name="Number">Its number in the pool, from 1.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="State">How far it is.</param>
/// <param name="Started">When it was started, in local time.</param>
/// <param name="Done">Items that it has done.</param>
/// <param name="Outstanding">Items that it has.</param>
/// <param name="IsRunning">Whether it is running one.</param>
/// <param name="Memory">Its resident memory when it last looked, in bytes.</param>
internal sealed record WorkerInfo(
    int Number, int ProcessId, WorkerState State, DateTime Started, long Done, int Outstanding, bool IsRunning, long Memory)
{
    /// <summary>The machine that it runs on; empty for this one.</summary>
    public string Host { get; init; } = "";
}
