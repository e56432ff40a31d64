using System.Runtime.InteropServices;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Waiting;

/// <summary>Waits for any or all of several things, asleep in the kernel on all of their words at once.</summary>
/// <remarks>
/// One more word, of this process only, is changed and woken by a cancellation and by things that have no word of their own. Where there are
/// more words than the system takes at once, threads sleep on a part of them each; whichever wakes changes that word too, which
/// ends all of them.
/// </remarks>
internal sealed unsafe class MultipleWait : IDisposable
{
    private readonly IReadOnlyList<IWaitable> _items;
    private readonly Action _wake;
    private uint* _word;

    /// <summary>Begins to wait for some things.</summary>
    public MultipleWait(IReadOnlyList<IWaitable> items)
    {
        _items = items;
        _word = (uint*)NativeMemory.AllocZeroed(sizeof(uint));
        _wake = Wake;
        foreach (IWaitable item in items)
        {
            item.Attach(_wake);
        }
    }

    /// <summary>Waits until one of them is ready, or all are at once.</summary>
    /// <param name="all">Whether all are waited for.</param>
    /// <param name="deadline">Until when.</param>
    /// <param name="cancellation">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The indices of those that are ready; fewer than asked for when the time is up.</returns>
    public IReadOnlyList<int> Wait(bool all, Deadline deadline, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static state => ((MultipleWait)state!).Wake(), this);
        var ready = new List<int>(_items.Count);
        var targets = new List<WaitTarget>(_items.Count + 1);
        while (true)
        {
            uint seen = Volatile.Read(ref *_word);
            cancellation.ThrowIfCancellationRequested();
            bool guarded = Look(ready, targets);
            if ((all ? ready.Count == _items.Count : ready.Count > 0) || deadline.IsOver)
            {
                return ready;
            }

            targets.Add(new WaitTarget(_word, seen, guarded: false));
            CountWaiting(1);
            try
            {
                Sleep(targets, seen, deadline.Milliseconds(guarded ? EventCount.GuardInterval : -1));
            }
            finally
            {
                CountWaiting(-1);
            }
        }
    }

    public void Dispose()
    {
        foreach (IWaitable item in _items)
        {
            item.Detach(_wake);
        }

        lock (_items)
        {
            NativeMemory.Free(_word);
            _word = null;
        }
    }

    private void CountWaiting(int change)
    {
        foreach (IWaitable item in _items)
        {
            item.CountWaiting(change);
        }
    }

    private bool Look(List<int> ready, List<WaitTarget> targets)
    {
        bool guarded = false;
        ready.Clear();
        targets.Clear();
        for (int i = 0; i < _items.Count; i++)
        {
            if (_items[i].IsReady(out WaitTarget target))
            {
                ready.Add(i);
            }
            else if (target.Word != null)
            {
                targets.Add(target);
                guarded |= target.Guarded;
            }
        }

        return guarded;
    }

    private void Sleep(List<WaitTarget> targets, uint seen, int milliseconds)
    {
        int most = Platform.Waits.MostTargets;
        if (targets.Count <= most)
        {
            Platform.Waits.WaitAny(CollectionsMarshal.AsSpan(targets), milliseconds);
            return;
        }

        targets.RemoveAt(targets.Count - 1);
        WaitTarget own = new(_word, seen, guarded: false);
        Thread[] sleepers = [.. targets.Chunk(most - 1).Select(part => new Thread(() =>
        {
            Platform.Waits.WaitAny([.. part, own], -1);
            Wake();
        })
        {
            IsBackground = true,
            Name = "PSIpc wait",
        })];
        int started = 0;
        try
        {
            for (; started < sleepers.Length; started++)
            {
                sleepers[started].Start();
            }

            Platform.Waits.Wait(_word, seen, milliseconds);
        }
        finally
        {
            Wake();
            Array.ForEach(sleepers[..started], s => s.Join());
        }
    }

    private void Wake()
    {
        lock (_items)
        {
            if (_word != null)
            {
                Interlocked.Increment(ref *_word);
                Platform.Waits.Wake(_word, all: true);
            }
        }
    }
}
