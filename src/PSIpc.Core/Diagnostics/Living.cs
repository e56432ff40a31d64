namespace PSIpc.Core.Diagnostics;

/// <summary>Objects of this process for meters to look at, none of which is kept alive by it.</summary>
internal sealed class Living<T>
    where T : class
{
    private const int FirstPrune = 32;

    private readonly List<WeakReference<T>> _all = [];
    private int _pruneAt = FirstPrune;

    /// <summary>Those that live.</summary>
    public T[] All
    {
        get
        {
            lock (_all)
            {
                return [.. _all.Select(r => r.TryGetTarget(out T? target) ? target : null).OfType<T>()];
            }
        }
    }

    /// <summary>Adds one.</summary>
    public void Add(T item)
    {
        lock (_all)
        {
            if (_all.Count >= _pruneAt)
            {
                _all.RemoveAll(r => !r.TryGetTarget(out _));
                _pruneAt = Math.Max(FirstPrune, 2 * _all.Count);
            }

            _all.Add(new WeakReference<T>(item));
        }
    }
}
