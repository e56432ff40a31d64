using System.Diagnostics;
using PSIpc.Core.Channels;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools;

/// <summary>A worker's end of its link to a pool: takes requests, claims items, puts results where the pool finds them though the worker be killed.</summary>
internal sealed class WorkerEnd : IDisposable
{
    /// <summary>Rings are put off for so long while items follow each other, in ticks of Stopwatch.</summary>
    private static readonly long RingInterval = Stopwatch.Frequency / 1000;
    private static readonly long MemoryInterval = Stopwatch.Frequency / 20;

    private readonly WorkerLink _link;
    private readonly PoolSegment _pool;
    private readonly ReceivedMessage _message = new();
    private long _lastRing;
    private long _lastMemory;
    private volatile bool _isRingDue;
    private int _disposed;

    private WorkerEnd(WorkerLink link)
    {
        _link = link;
        _pool = PoolSegment.Open(link.PoolName);
    }

    /// <summary>The name of the pool; that of its memory on a machine that serves pools of others.</summary>
    public string PoolName => _link.PoolName;

    /// <summary>The last request, of whatever kind; valid until the next.</summary>
    public ReadOnlyMemory<byte> Message => _message.Body;

    /// <summary>The kind of the last request.</summary>
    public PoolRequest Request => (PoolRequest)PoolMessage.Read<byte>(_message.Body.Span);

    /// <summary>Opens the worker's end.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when the pool's process is gone.</exception>
    public static WorkerEnd Open(string link) => new(WorkerLink.Open(link));

    /// <summary>Waits for the next request.</summary>
    public void Receive()
    {
        if (!_link.Receive(_message, Deadline.Now))
        {
            Ring();
            _link.Receive(_message, Deadline.Never);
        }
    }

    /// <summary>Begins an item, unless the pool has taken it back; notes when.</summary>
    public bool TryBegin(ulong ordinal, uint epoch, out long startedAt)
    {
        // First the time: whoever sees the item sees a time that is not older than the one before it.
        startedAt = Stopwatch.GetTimestamp();
        _link.StartedAt = startedAt;
        return _link.Claim.TryBegin(ordinal, epoch);
    }

    /// <summary>Gives the pool a message whose first bytes are its head; rings when the pool should look now, or has not been rung for a while.</summary>
    /// <param name="message">The message.</param>
    /// <param name="ring">Whether the pool should look now.</param>
    /// <param name="holdsSecrets">Whether secrets are in it.</param>
    public void Reply(ReadOnlySpan<byte> message, bool ring, bool holdsSecrets = false)
    {
        if (!_link.Reply(message, Deadline.Now, holdsSecrets))
        {
            Ring();
            _link.Reply(message, Deadline.Never, holdsSecrets);
        }

        _isRingDue = true;
        if (ring || Stopwatch.GetTimestamp() - _lastRing > RingInterval)
        {
            Ring();
        }
    }

    /// <summary>Whether something was said since the last ring.</summary>
    public bool IsRingDue => _isRingDue;

    /// <summary>Whether this call, which has not been begun or is under way, was asked to be stopped last.</summary>
    public bool IsToBeStopped(uint call) => _link.StopCall == call;

    /// <summary>Has the pool look at what was said.</summary>
    public void Ring()
    {
        _isRingDue = false;
        _lastRing = Stopwatch.GetTimestamp();
        _pool.Ring();
    }

    /// <summary>Notes how much memory this process has resident, not more often than every 50 ms.</summary>
    public void NoteMemory()
    {
        long now = Stopwatch.GetTimestamp();
        if (now - _lastMemory > MemoryInterval)
        {
            _lastMemory = now;
            _link.Memory = Environment.WorkingSet;
        }
    }

    /// <summary>Notes that this process exits in order, with this code.</summary>
    public void NoteExit(int code) => _link.NoteExit(code);

    /// <summary>Sleeps until a call is to be stopped that is not the last one that was; returns its number.</summary>
    public uint WaitForStop(uint last)
    {
        while (true)
        {
            uint seen = _link.StopEvent.Prepare();
            if (_link.StopCall != last)
            {
                return _link.StopCall;
            }

            _link.StopEvent.Sleep(seen, guarded: false, Deadline.Never, default);
        }
    }

    /// <summary>Ends this process when the pool's process is dead: a thread asleep on its lease, which the kernel lets go of at any death.</summary>
    /// <param name="stop">Asks what runs to stop, so that it starts no more programs; does not wait.</param>
    public void EndWithParent(Action stop) => new Thread(() =>
    {
        _link.WaitForParentDeath();
        ProcessSession.EndSelf(stop);
    })
    {
        IsBackground = true,
        Name = "PSIpc parent watch",
    }.Start();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _link.StopEvent.WakeAll();
            _pool.Dispose();
            _link.Dispose();
        }
    }
}
