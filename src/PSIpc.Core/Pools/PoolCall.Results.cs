namespace PSIpc.Core.Pools;

/// <summary>What comes back: in the order that was asked for, once an item, until the call is over.</summary>
internal sealed partial class PoolCall
{
    /// <summary>Takes a result; those who wait are told by <see cref="Announce"/>. Under the pool's lock.</summary>
    internal void Deliver(in ResultSegment segment)
    {
        LastWorker = segment.Worker;
        FirstStart = FirstStart == 0 ? segment.StartedAt : FirstStart;
        if (segment.IsDone && segment.Block is not null)
        {
            Done++;
            Failed += segment.IsFailed ? 1 : 0;
            if (segment.Death is null)
            {
                Chunks.Note(segment.Elapsed);
            }
        }

        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            if (_held is not null && segment.Block is not null && !Release(segment))
            {
                return;
            }

            Order(segment);
            _hasReady = _ready.Count > 0;
            _touched = true;
        }
    }

    /// <summary>Tells those who wait of what came since the last time. Without any lock.</summary>
    internal void Announce()
    {
        lock (_lock)
        {
            if (!_touched)
            {
                return;
            }

            _touched = false;
            if (_waiters > 0)
            {
                Monitor.PulseAll(_lock);
            }
        }

        Changed?.Invoke();
    }

    /// <summary>Nothing more comes. Under the pool's lock.</summary>
    internal void End(Exception? failure = null, ReadOnlyMemory<byte> record = default, bool cancelled = false, bool keepsDone = false)
    {
        lock (_lock)
        {
            PassOnEnds();
            Failure ??= failure;
            FailureRecord = FailureRecord.IsEmpty ? record : FailureRecord;
            IsCancelled |= cancelled;
            _isOver = true;
            _touched = true;
            _open = null;
            _full.Clear();
            _notCollected = 0;
            _hasOpen = false;
            _waiting.Clear();
            _waitingCount = 0;
            Setup = default;
            if (keepsDone)
            {
                _order?.PassAll(_ready);
                _hasReady = _ready.Count > 0;
            }
            else if (cancelled)
            {
                _ready.Clear();
                _readyBytes = 0;
                _hasReady = false;
            }
        }
    }

    /// <summary>Records of an item that may be run again are held until it is done, so that what comes of it comes once.</summary>
    private bool Release(in ResultSegment segment)
    {
        if (!segment.IsDone)
        {
            if (!_held!.TryGetValue(segment.Index, out List<ResultSegment>? segments))
            {
                _held[segment.Index] = segments = [];
            }

            segments.Add(segment);
            return false;
        }

        if (_held!.Remove(segment.Index, out List<ResultSegment>? before) && segment.Death is null)
        {
            foreach (ResultSegment earlier in before)
            {
                Order(earlier);
            }
        }

        return true;
    }

    private void Order(in ResultSegment segment)
    {
        if (_order is not null && segment.Block is null)
        {
            // A worker that goes early runs the end early: it comes after the items all the same.
            _ends.Enqueue(segment);
            if (_inputEnded && _order.Next == _submitted)
            {
                PassOnEnds();
            }
        }
        else if (_order is null)
        {
            _ready.Enqueue(segment);
            _readyBytes += segment.Records.Length;
        }
        else
        {
            _order.Add(segment, _ready);
            _earlyBytes = _order.Bytes;
            _readyBytes += _order.PassedBytes;
        }
    }

    private void PassOnEnds()
    {
        while (_ends.TryDequeue(out ResultSegment end))
        {
            _ready.Enqueue(end);
            _readyBytes += end.Records.Length;
        }

        _hasReady = _ready.Count > 0;
    }
}
