using PSIpc.Core;

namespace PSIpc;

/// <summary>What a pickle being read remembers by number.</summary>
internal sealed class PickleMemo
{
    private const int KeptEntries = 1 << 16;
    private const int Spare = 1024;

    private (object? Value, int Node)[] _entries = new (object?, int)[32];
    private Dictionary<long, (object?, int)>? _far;
    private int _end;

    /// <summary>How many entries there are: the number of the next one.</summary>
    public long Count { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_entries.Length > KeptEntries)
        {
            _entries = new (object?, int)[32];
        }
        else
        {
            Array.Clear(_entries, 0, _end);
        }

        _far = null;
        _end = 0;
        Count = 0;
    }

    /// <summary>Remembers a value.</summary>
    public void Put(long number, object? value, int node)
    {
        // The numbers of real pickles follow each other; one that is far away takes no room for those before it.
        if (number <= _end + Spare)
        {
            if (number >= _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(2 * _entries.Length, (int)number + 1));
            }

            _end = Math.Max(_end, (int)number + 1);
            _entries[number] = (value, node + 1);
        }
        else
        {
            (_far ??= [])[number] = (value, node + 1);
        }

        Count++;
        if (node == PickleStack.Internal)
        {
            (value as UnfinishedObject)?.Remember(number);
        }
    }

    /// <summary>What was remembered.</summary>
    public object? Get(long number, out int node)
    {
        (object? value, int found) = number < _end ? _entries[number] : default;
        if (found == 0 && (_far is null || !_far.TryGetValue(number, out (object?, int) far) || ((value, found) = far).found == 0))
        {
            throw new FormatException(Messages.ReasonPickleMemo.With(number));
        }

        node = found - 1;
        return value;
    }

    /// <summary>Exchanges what was remembered for what it has become.</summary>
    public void Replace(long number, object? value, int node)
    {
        if (number < _end && _entries[number].Node != 0)
        {
            _entries[number] = (value, node + 1);
        }
        else if (_far?.ContainsKey(number) == true)
        {
            _far[number] = (value, node + 1);
        }
    }

    /// <summary>Exchanges an object wherever it was remembered.</summary>
    public void ReplaceAll(object old, object? value, int node)
    {
        for (int i = 0; i < _end; i++)
        {
            if (ReferenceEquals(_entries[i].Value, old))
            {
                _entries[i] = (value, node + 1);
            }
        }
    }
}
