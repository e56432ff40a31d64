namespace PSIpc.Core.Tests.Pools.Remote;

/// <summary>A clock that moves only when a test moves it, and runs what is due on the thread of the test, in a fixed order.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly PriorityQueue<(ManualTimer? Timer, long Version, Action? Work), (long At, long Order)> _due = new();
    private long _now = TimeSpan.TicksPerDay;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => new(_now, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Does something after some time.</summary>
    public void After(TimeSpan time, Action work) => Enqueue(time, null, 0, work);

    /// <summary>Moves on until something holds; false when it does not within some time of this clock.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan longest)
    {
        long end = _now + longest.Ticks;
        while (!condition())
        {
            if (!_due.TryPeek(out _, out (long At, long Order) next) || next.At > end)
            {
                _now = end;
                return condition();
            }

            (ManualTimer? timer, long version, Action? work) = _due.Dequeue();
            _now = Math.Max(_now, next.At);
            work?.Invoke();
            timer?.Fire(version);
        }

        return true;
    }

    public void Run(TimeSpan time) => RunUntil(static () => false, time);

    private void Enqueue(TimeSpan time, ManualTimer? timer, long version, Action? work) => _due.Enqueue((timer, version, work), (_now + Math.Max(0, time.Ticks), ++_order));

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private long _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _version++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Enqueue(dueTime, this, _version, null);
            }

            return true;
        }

        public void Fire(long version)
        {
            if (version == _version)
            {
                callback();
            }
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
