using System.Diagnostics;

namespace PSIpc.TestPeer.Kills;

/// <summary>When a victim was killed, and the longest that a survivor waited after that.</summary>
internal sealed class KillMoment
{
    private long _killed = long.MaxValue;
    private long _longest;
    private volatile bool _isDead;

    /// <summary>Whether the victim's process has ended: the survivor waits once more, then it is through.</summary>
    public bool IsDead => _isDead;

    /// <summary>The longest wait, without what of it was before the kill.</summary>
    public TimeSpan Longest => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longest));

    /// <summary>Comes right before the kill.</summary>
    public void Kill() => Volatile.Write(ref _killed, Stopwatch.GetTimestamp());

    /// <summary>Comes when the process has ended.</summary>
    public void Died() => _isDead = true;

    /// <summary>The survivor waited since some moment, and has what it waited for; true when that was after the victim's end.</summary>
    public bool Got(long started, bool wasDead)
    {
        long waited = Stopwatch.GetTimestamp() - Math.Max(started, Volatile.Read(ref _killed));
        if (waited > _longest)
        {
            Volatile.Write(ref _longest, waited);
        }

        return wasDead;
    }
}
