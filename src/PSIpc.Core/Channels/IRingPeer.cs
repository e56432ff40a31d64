using PSIpc.Core.Waiting;

namespace PSIpc.Core.Channels;

/// <summary>The process at the other side of a ring that has one on each.</summary>
internal interface IRingPeer
{
    /// <summary>
    /// Closes the ring if the other side's process is gone, else makes sure that its death closes it. Called after a sleeper announced
    /// itself and before its last look, so that it does not sleep on a ring that is closed then, and is woken when it is closed later.
    /// </summary>
    /// <param name="deadline">Until when to wait for a lock.</param>
    /// <param name="cancellation">Ends such a wait.</param>
    void LookBeforeSleep(Deadline deadline, CancellationToken cancellation);
}
