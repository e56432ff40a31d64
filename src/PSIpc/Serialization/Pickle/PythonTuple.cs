using System.Collections;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A Python tuple: a list that does not change. Two with equal items are equal, as in Python (numbers whatever their types), so a tuple can be a key or an
/// item of a set. Sent to Python, it is a tuple again; so are .NET's own tuples.
/// </summary>
public sealed class PythonTuple : IReadOnlyList<object?>, IList, IEquatable<PythonTuple>
{
    private readonly object?[] _items;

    /// <summary>Makes a tuple: <c>[PSIpc.PythonTuple]::new(1, 'a')</c>.</summary>
    /// <param name="items">Its items; copied.</param>
    public PythonTuple(params object?[] items)
        : this([.. items ?? [null]], 0)
    {
    }

    internal PythonTuple(object?[] items, int weight)
    {
        _items = items;
        Weight = weight;
    }

    /// <summary>The tuple without items.</summary>
    public static PythonTuple Empty { get; } = new([], 0);

    /// <summary>How many items it has.</summary>
    public int Count => _items.Length;

    /// <summary>Steps that comparing it takes, as far as the reader of a pickle counted them.</summary>
    internal int Weight { get; }

    internal ReadOnlySpan<object?> Items => _items;

    /// <summary>An item.</summary>
    /// <param name="index">From 0; negative ones from the end.</param>
    public object? this[int index] => _items[index < 0 ? index + _items.Length : index];

    bool IList.IsFixedSize => true;

    bool IList.IsReadOnly => true;

    bool ICollection.IsSynchronized => true;

    object ICollection.SyncRoot => this;

    object? IList.this[int index]
    {
        get => this[index];
        set => throw Fixed();
    }

    /// <summary>Whether two tuples have equal items.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(PythonTuple? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other.Count != Count)
        {
            return false;
        }

        for (int i = 0; i < _items.Length; i++)
        {
            if (!PythonEquality.Instance.Equals(_items[i], other._items[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PythonTuple);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (object? item in _items)
        {
            hash.Add(PythonEquality.Instance.GetHashCode(item!));
        }

        return hash.ToHashCode();
    }

    /// <summary>Goes through the items.</summary>
    public IEnumerator<object?> GetEnumerator() => ((IEnumerable<object?>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    bool IList.Contains(object? value) => ((IList)this).IndexOf(value) >= 0;

    int IList.IndexOf(object? value) => Array.FindIndex(_items, i => PythonEquality.Instance.Equals(i, value));

    void ICollection.CopyTo(Array array, int index) => _items.CopyTo(array, index);

    int IList.Add(object? value) => throw Fixed();

    void IList.Clear() => throw Fixed();

    void IList.Insert(int index, object? value) => throw Fixed();

    void IList.Remove(object? value) => throw Fixed();

    void IList.RemoveAt(int index) => throw Fixed();

    /// <summary>The items, as PowerShell joins them.</summary>
    public override string ToString() => $"({string.Join(", ", _items.Select(i => i is PythonTuple or string ? i : PropertyReader.TextOf(i ?? "")))}{(Count == 1 ? "," : "")})";

    private static NotSupportedException Fixed() => new(Messages.TupleDoesNotChange);
}
