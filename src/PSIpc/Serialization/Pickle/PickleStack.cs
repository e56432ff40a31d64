using System.Runtime.CompilerServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// The stack of a pickle's machine. Beside each value it has the number of a node that says how deep the value is nested, and whether it is, or has in it, something
/// that is no value of its own: a class, or an object that is not built yet.
/// </summary>
internal sealed class PickleStack
{
    /// <summary>The node of values that contain nothing.</summary>
    public const int Leaf = 0;

    /// <summary>The node of what must not be in a result.</summary>
    public const int Internal = 1;

    private const int Deepest = 1000;
    private const int InternalHeight = int.MaxValue;
    private const int KeptValues = 1 << 16;

    private object?[] _values = new object?[64];
    private int[] _nodes = new int[64];
    private int[] _heights = new int[64];
    private int[] _marks = new int[8];
    private int _heightCount;
    private int _markCount;
    private int _count;
    private int _floor;

    public PickleStack() => Clear();

    /// <summary>How many values are there above the last mark.</summary>
    public int Count => _count - _floor;

    /// <summary>Whether the value on top is one of its own.</summary>
    public bool TopIsInternal => _heights[_nodes[Top()]] == InternalHeight;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_values.Length > KeptValues)
        {
            _values = new object?[64];
            _nodes = new int[64];
        }
        else
        {
            Array.Clear(_values, 0, Math.Min(_values.Length, _count));
        }

        if (_heights.Length > KeptValues)
        {
            _heights = new int[64];
        }

        if (_marks.Length > KeptValues)
        {
            _marks = new int[8];
        }

        _count = _floor = _markCount = 0;
        _heights[Leaf] = 0;
        _heights[Internal] = InternalHeight;
        _heightCount = 2;
    }

    /// <summary>Puts a value on top that contains nothing.</summary>
    public void Push(object? value) => Push(value, Leaf);

    /// <summary>Puts a value on top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Push(object? value, int node)
    {
        if (_count == _values.Length)
        {
            Grow();
        }

        _values[_count] = value;
        _nodes[_count++] = node;
    }

    /// <summary>Puts a container on top that has nothing in it yet.</summary>
    public void PushContainer(object value) => Push(value, NewNode(1));

    /// <summary>Puts a container on top that has values in it of a height that <see cref="HeightOf"/> gave.</summary>
    public void PushContainer(object value, int height) => Push(value, height == InternalHeight ? Internal : NewNode(height + 1));

    /// <summary>A node of a container that has values in it of a height.</summary>
    public int NodeAbove(int height) => NewNode(height + 1);

    /// <summary>Takes the value from the top.</summary>
    public object? Pop(out int node)
    {
        int at = Top();
        object? value = _values[at];
        node = _nodes[at];
        _values[at] = null;
        _count--;
        return value;
    }

    /// <summary>The value on top.</summary>
    public object? Peek(out int node)
    {
        int at = Top();
        node = _nodes[at];
        return _values[at];
    }

    /// <summary>Exchanges the value on top.</summary>
    public void Replace(object? value, int node)
    {
        int at = Top();
        _values[at] = value;
        _nodes[at] = node;
    }

    /// <summary>Remembers this place.</summary>
    public void Mark()
    {
        if (_markCount == _marks.Length)
        {
            Array.Resize(ref _marks, 2 * _markCount);
        }

        _marks[_markCount++] = _floor;
        _floor = _count;
    }

    /// <summary>Goes back to the last mark; what is above it stays, and is the caller's to take.</summary>
    /// <returns>How many values are above the mark.</returns>
    public int TakeMark()
    {
        if (_markCount == 0)
        {
            throw new FormatException(Messages.ReasonPickleNoMark);
        }

        int above = _count - _floor;
        _floor = _marks[--_markCount];
        return above;
    }

    /// <summary>The topmost values, the deepest of them first.</summary>
    public ReadOnlySpan<object?> TopMost(int count) => _values.AsSpan(_count - Need(count), count);

    /// <summary>Forgets the topmost values.</summary>
    public void Drop(int count)
    {
        _count -= Need(count);
        Array.Clear(_values, _count, count);
    }

    /// <summary>How deep the value of a node is nested.</summary>
    public int HeightAt(int node) => _heights[node];

    /// <summary>The most that one of the topmost values is nested.</summary>
    public int HeightOf(int count)
    {
        int most = 0;
        foreach (int node in _nodes.AsSpan(_count - Need(count), count))
        {
            most = Math.Max(most, _heights[node]);
        }

        return most;
    }

    /// <summary>Notes that a container below the topmost values is to have these, which must be values of their own.</summary>
    public void Contain(int count)
    {
        int height = HeightOf(count);
        if (height == InternalHeight)
        {
            throw Refusal(count);
        }

        int container = _count - count - 1;
        Need(count + 1);
        ref int own = ref _heights[_nodes[container]];
        own = Math.Max(own, Checked(height + 1));
    }

    /// <summary>The error for a class, or an unfinished object, that is used as a value.</summary>
    public Exception Refusal(int count)
    {
        for (int i = _count - count; i < _count; i++)
        {
            if (_values[i] is PythonGlobal global)
            {
                return PickleErrors.NotAllowed(global.FullName, Messages.PickleIsTheValue);
            }
        }

        return new FormatException(Messages.ReasonPickleUsedBeforeBuilt);
    }

    private void Grow()
    {
        Array.Resize(ref _values, 2 * _count);
        Array.Resize(ref _nodes, 2 * _count);
    }

    private int NewNode(int height)
    {
        if (_heightCount == _heights.Length)
        {
            Array.Resize(ref _heights, 2 * _heightCount);
        }

        _heights[_heightCount] = Checked(height);
        return _heightCount++;
    }

    private static int Checked(int height) => height <= Deepest ? height : throw new FormatException(Messages.ReasonPickleNestedTooDeep.With(Deepest));

    private int Need(int count) => count >= 0 && count <= Count ? count : throw Empty();

    private int Top() => _count > _floor ? _count - 1 : throw Empty();

    private static FormatException Empty() => new(Messages.ReasonPickleStackEmpty);
}
