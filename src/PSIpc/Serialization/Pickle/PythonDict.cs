using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// A Python dict: a dictionary that keeps the order of its entries, and whose keys are equal where Python's are (1 and 1.0, tuples with equal items). The case of texts does
/// not count unless two keys differ in nothing else. Python's None as a key is <c>[DBNull]::Value</c>.
/// </summary>
/// <remarks>A table of its own: entries in their order, and chains through them by the hash of the key. The hash never sees the case, so that it holds when case begins to count.</remarks>
[SuppressMessage("Design", "CA1010", Justification = "PowerShell's dictionaries are not generic, and this is one.")]
[SuppressMessage("Naming", "CA1710", Justification = "It is what Python calls it.")]
public class PythonDict : IDictionary
{
    private const int FirstSize = 4;

    private Entry[] _entries = [];
    private int[] _buckets = [];
    private int _used;
    private int _removed;
    private bool _matchesCase;

    /// <summary>How many entries it has.</summary>
    public int Count => _used - _removed;

    /// <summary>The keys, in their order.</summary>
    public ICollection Keys => All().Select(e => e.Key).ToArray();

    /// <summary>The values, in the order of the keys.</summary>
    public ICollection Values => All().Select(e => e.Value).ToArray();

    bool IDictionary.IsFixedSize => false;

    bool IDictionary.IsReadOnly => false;

    bool ICollection.IsSynchronized => false;

    object ICollection.SyncRoot => this;

    /// <summary>The value of a key; null when there is none.</summary>
    /// <param name="key">The key.</param>
    public object? this[object key]
    {
        get => Find(Plain(key)) is var at and >= 0 ? _entries[at].Value : null;
        set => Put(key, value);
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">There is one with an equal key.</exception>
    public void Add(object key, object? value)
    {
        if (Contains(key))
        {
            throw new ArgumentException(Messages.KeyExists.With(key), nameof(key));
        }

        Put(key, value);
    }

    /// <summary>Whether there is an entry.</summary>
    /// <param name="key">Its key.</param>
    public bool Contains(object key) => Find(Plain(key)) >= 0;

    /// <summary>Takes an entry away, if there is one.</summary>
    /// <param name="key">Its key.</param>
    public void Remove(object key)
    {
        int at = Find(Plain(key));
        if (at < 0)
        {
            return;
        }

        // What is left of it holds the chain together until the next growth.
        _entries[at].IsRemoved = true;
        _entries[at].Key = DBNull.Value;
        _entries[at].Value = null;
        _removed++;
    }

    /// <summary>Takes all entries away.</summary>
    public void Clear()
    {
        _entries = [];
        _buckets = [];
        _used = _removed = 0;
        _matchesCase = false;
    }

    /// <summary>Goes through the entries in their order.</summary>
    public IDictionaryEnumerator GetEnumerator() => new Enumerator(this);

    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(this);

    /// <summary>Copies the entries.</summary>
    /// <param name="array">Where to.</param>
    /// <param name="index">Where in it the first one goes.</param>
    public void CopyTo(Array array, int index)
    {
        ArgumentNullException.ThrowIfNull(array);
        foreach (DictionaryEntry entry in All().Select(e => new DictionaryEntry(e.Key, e.Value)))
        {
            array.SetValue(entry, index++);
        }
    }

    /// <summary>Makes room for some more entries.</summary>
    internal void Reserve(int count)
    {
        if (_used + count > _entries.Length)
        {
            Resize(Math.Max(_used + count, 2 * _used));
        }
    }

    /// <summary>Adds an entry as Python does: one with an equal key is replaced; keys that differ in case only are two.</summary>
    internal void Put(object? key, object? value)
    {
        object plain = Plain(key);
        int hash = HashOf(plain);
        int at = Find(plain, hash);
        if (at >= 0 && !_matchesCase && plain is string text && text != (_entries[at].Key as string))
        {
            _matchesCase = true;
            at = -1;
        }

        if (at >= 0)
        {
            _entries[at].Value = value;
            return;
        }

        if (_used == _entries.Length)
        {
            Resize(Math.Max(FirstSize, 2 * Count));
        }

        Insert(plain, hash, value);
    }

    private static object Plain(object? key) => key is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : key ?? DBNull.Value;

    private static int HashOf(object key) =>
        key is string text ? text.GetHashCode(StringComparison.OrdinalIgnoreCase) : PythonEquality.Instance.GetHashCode(key);

    private bool AreEqual(object x, object y) => ReferenceEquals(x, y) || (x is string text && y is string other
        ? string.Equals(text, other, _matchesCase ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
        : PythonEquality.Instance.Equals(x, y));

    private int Find(object key) => _used == 0 ? -1 : Find(key, HashOf(key));

    private int Find(object key, int hash)
    {
        if (_buckets.Length == 0)
        {
            return -1;
        }

        // Buckets count from 1, so that 0 is an empty one.
        for (int i = _buckets[hash & (_buckets.Length - 1)] - 1; i >= 0; i = _entries[i].Next)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Hash == hash && !entry.IsRemoved && AreEqual(entry.Key, key))
            {
                return i;
            }
        }

        return -1;
    }

    private void Insert(object key, int hash, object? value)
    {
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _entries[_used] = new Entry { Key = key, Value = value, Hash = hash, Next = bucket - 1 };
        bucket = ++_used;
    }

    private void Resize(int size)
    {
        Entry[] old = _entries;
        int used = _used;
        _entries = new Entry[size];
        _buckets = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size)];
        _used = _removed = 0;
        for (int i = 0; i < used; i++)
        {
            if (!old[i].IsRemoved)
            {
                Insert(old[i].Key, old[i].Hash, old[i].Value);
            }
        }
    }

    private IEnumerable<Entry> All()
    {
        for (int i = 0; i < _used; i++)
        {
            if (!_entries[i].IsRemoved)
            {
                yield return _entries[i];
            }
        }
    }

    private struct Entry
    {
        public object Key;
        public object? Value;
        public int Hash;
        public int Next;
        public bool IsRemoved;
    }

    private sealed class Enumerator(PythonDict dict) : IDictionaryEnumerator
    {
        private int _at = -1;

        public DictionaryEntry Entry => new(Key, Value);

        public object Key => dict._entries[_at].Key;

        public object? Value => dict._entries[_at].Value;

        public object Current => Entry;

        public bool MoveNext()
        {
            do
            {
                _at++;
            }
            while (_at < dict._used && dict._entries[_at].IsRemoved);
            return _at < dict._used;
        }

        public void Reset() => _at = -1;
    }
}

/// <summary>A Python <c>collections.OrderedDict</c>, which it is again when it is sent to Python.</summary>
[SuppressMessage("Design", "CA1010", Justification = "PowerShell's dictionaries are not generic, and this is one.")]
[SuppressMessage("Naming", "CA1710", Justification = "It is what Python calls it.")]
public sealed class PythonOrderedDict : PythonDict
{
}
