using System.Collections;
using System.Collections.Specialized;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// A Python dict: an ordered dictionary whose keys are equal where Python's are (1 and 1.0, tuples with equal items). The case of texts does not count
/// unless two keys differ in nothing else. Python's None as a key is <c>[DBNull]::Value</c>.
/// </summary>
/// <remarks>As with every ordered dictionary, <c>$d[1]</c> is the second entry; the one with the key 1 is <c>$d[[object]1]</c>.</remarks>
[SuppressMessage("Usage", "CA2229", Justification = "It is not for .NET's binary serialization, which is gone.")]
[SuppressMessage("Usage", "CA2237", Justification = "It is not for .NET's binary serialization, which is gone.")]
[SuppressMessage("Design", "CA1010", Justification = "PowerShell's ordered dictionaries are not generic, and this is one.")]
public class PythonDict : OrderedDictionary
{
    private readonly KeyComparer _keys;

    /// <summary>Makes an empty one.</summary>
    public PythonDict()
        : this(new KeyComparer())
    {
    }

    private PythonDict(KeyComparer keys)
        : base(keys) => _keys = keys;

    /// <summary>Adds an entry as Python does: one with an equal key is replaced; keys that differ in case only are two.</summary>
    /// <returns>Whether the key is new; to replace a value takes a look at all entries.</returns>
    internal bool Put(object? key, object? value)
    {
        key ??= DBNull.Value;
        if (!Contains(key))
        {
            Add(key, value);
            return true;
        }

        if (key is string && !_keys.MatchesCase)
        {
            _keys.MatchesCase = true;
            if (!Contains(key))
            {
                Add(key, value);
                return true;
            }

            _keys.MatchesCase = false;
        }

        this[key] = value;
        return false;
    }

    // The hash never sees the case, so that it holds when case begins to count.
    private sealed class KeyComparer : IEqualityComparer
    {
        public bool MatchesCase { get; set; }

        bool IEqualityComparer.Equals(object? x, object? y) => Plain(x) is string text && Plain(y) is string other
            ? string.Equals(text, other, MatchesCase ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
            : PythonEquality.Instance.Equals(x, y);

        int IEqualityComparer.GetHashCode(object obj) => Plain(obj) is string text
            ? text.GetHashCode(StringComparison.OrdinalIgnoreCase)
            : PythonEquality.Instance.GetHashCode(obj);

        private static object? Plain(object? value) => value is PSObject { BaseObject: string } wrapped ? wrapped.BaseObject : value;
    }
}

/// <summary>A Python <c>collections.OrderedDict</c>, which it is again when it is sent to Python.</summary>
[SuppressMessage("Usage", "CA2229", Justification = "It is not for .NET's binary serialization, which is gone.")]
[SuppressMessage("Usage", "CA2237", Justification = "It is not for .NET's binary serialization, which is gone.")]
[SuppressMessage("Design", "CA1010", Justification = "PowerShell's ordered dictionaries are not generic, and this is one.")]
public sealed class PythonOrderedDict : PythonDict
{
}
