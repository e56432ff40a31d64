namespace PSIpc.Core.Pools;

/// <summary>The items that wait for a worker: collected from what was added, given out from the first on, and put back when they were not begun.</summary>
internal sealed partial class PoolCall
{
    /// <summary>Items that no worker has; under the pool's lock.</summary>
    internal long Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waitingCount + _notCollected;
            }
        }
    }

    /// <summary>Whether any item waits for a worker; under the pool's lock.</summary>
    internal bool HasWaiting => _waiting.Count > 0 || _hasOpen;

    /// <summary>Whether workers wait for items that lie in the open block. The pool's thread sees to it that they do not wait long.</summary>
    internal bool KeepsWorkersWaiting => _isHungry && _hasOpen;

    /// <summary>
    /// The next items for a worker, at most a number, all of one block; they stay until <see cref="Remove"/>. None while so much has come back and is not
    /// taken that more would only fill memory; but the one whose turn it is among results that come in order is needed for any to be taken. Under the pool's lock.
    /// </summary>
    internal ItemRange? Peek(int most)
    {
        if (_waiting.Count == 0)
        {
            Collect();
        }

        if (_waiting.First is not { } first)
        {
            return null;
        }

        if (IsFull(CallOptions.WindowBytes / 2))
        {
            lock (_lock)
            {
                _wasHeldBack = _ready.Count > 0;
                if (_wasHeldBack || (_order is not null && first.Value.FirstIndex != _order.Next))
                {
                    return null;
                }

                most = 1;
            }
        }

        return first.Value.Take(Math.Min(most, first.Value.Count));
    }

    /// <summary>Removes the first items, which a worker was given. Under the pool's lock.</summary>
    internal void Remove(int count)
    {
        LinkedListNode<ItemRange> first = _waiting.First!;
        _waitingCount -= count;
        if (first.Value.Count == count)
        {
            _waiting.RemoveFirst();
        }
        else
        {
            first.Value = first.Value.Skip(count);
        }
    }

    /// <summary>Puts items back in their place. Under the pool's lock.</summary>
    internal void PutBack(ItemRange items)
    {
        _waitingCount += items.Count;
        LinkedListNode<ItemRange>? before = _waiting.First;
        while (before is not null && before.Value.FirstIndex < items.FirstIndex)
        {
            before = before.Next;
        }

        if (before is null)
        {
            _waiting.AddLast(items);
        }
        else
        {
            _waiting.AddBefore(before, items);
        }
    }

    /// <summary>Says whether workers wait for items; under the pool's lock.</summary>
    internal void SetHungry(bool isHungry)
    {
        _isHungry = isHungry;
        Interlocked.MemoryBarrier();
    }

    /// <summary>An item was begun by a worker that is gone: whether it is run once more. Under the pool's lock.</summary>
    internal bool Retry(ItemBlock block, int item)
    {
        if (block.Attempts >= Options.RetryCount)
        {
            return false;
        }

        ReadOnlyMemory<byte> bytes = block.Item(item);
        var again = new ItemBlock(block.FirstIndex + item, bytes.Length) { Attempts = block.Attempts + 1 };
        again.Add(bytes.Span);
        PutBack(new ItemRange(again, 0, 1));
        lock (_lock)
        {
            _held?.Remove(again.FirstIndex);
        }

        return true;
    }

    /// <summary>Takes the blocks that have come in among those that wait.</summary>
    private void Collect()
    {
        lock (_lock)
        {
            if (_open is not null)
            {
                _full.Enqueue(_open);
            }

            while (_full.TryDequeue(out ItemBlock? block))
            {
                _waiting.AddLast(new ItemRange(block, 0, block.Count));
                _waitingCount += block.Count;
            }

            _open = null;
            _notCollected = 0;
            _hasOpen = false;
        }
    }
}
