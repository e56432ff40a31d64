using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>The objects that a pickle being written has so far, by their identity, each with its number in the memo. A table of its own: each text and container passes through it.</summary>
internal sealed class WrittenObjects
{
    private const int FirstSize = 64;
    private const int KeptSize = 1 << 16;

    private object?[] _objects = new object?[FirstSize];
    private int[] _numbers = new int[FirstSize];
    private int _used;

    /// <summary>The number of the next entry of the memo.</summary>
    public int Next { get; private set; }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        if (_objects.Length > KeptSize)
        {
            _objects = new object?[FirstSize];
            _numbers = new int[FirstSize];
        }
        else if (_used > 0)
        {
            Array.Clear(_objects);
        }

        _used = 0;
        Next = 0;
    }

    /// <summary>Takes a number for a value that is not looked up.</summary>
    public int Take() => Next++;

    /// <summary>Takes a number for an object.</summary>
    public int Add(object value)
    {
        if (2 * _used >= _objects.Length)
        {
            Grow();
        }

        Insert(value, Next);
        _used++;
        return Next++;
    }

    /// <summary>The number of an object; -1 when it has not been written.</summary>
    public int Find(object value)
    {
        object?[] objects = _objects;
        int mask = objects.Length - 1;
        for (int i = RuntimeHelpers.GetHashCode(value) & mask; objects[i] is { } found; i = (i + 1) & mask)
        {
            if (ReferenceEquals(found, value))
            {
                return _numbers[i];
            }
        }

        return -1;
    }

    private void Insert(object value, int number)
    {
        int mask = _objects.Length - 1;
        int i = RuntimeHelpers.GetHashCode(value) & mask;
        while (_objects[i] is not null)
        {
            i = (i + 1) & mask;
        }

        _objects[i] = value;
        _numbers[i] = number;
    }

    private void Grow()
    {
        (object?[] objects, int[] numbers) = (_objects, _numbers);
        _objects = new object?[4 * objects.Length];
        _numbers = new int[_objects.Length];
        for (int i = 0; i < objects.Length; i++)
        {
            if (objects[i] is { } value)
            {
                Insert(value, numbers[i]);
            }
        }
    }
}
