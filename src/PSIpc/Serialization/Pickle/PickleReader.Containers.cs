using System.Collections.Frozen;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Lists, tuples, dicts and sets.</summary>
internal sealed partial class PickleReader
{
    private const int MostWeight = int.MaxValue / 2;

    /// <summary>A tuple of values.</summary>
    public PythonTuple TupleOf(ReadOnlySpan<object?> items)
    {
        if (items.Length == 0)
        {
            return PythonTuple.Empty;
        }

        long weight = items.Length;
        foreach (object? item in items)
        {
            weight += PythonEquality.WeightOf(item, _frozenWeights);
        }

        return new PythonTuple(items.ToArray(), (int)Math.Min(weight, MostWeight));
    }

    /// <summary>A frozen set of values.</summary>
    public FrozenSet<object?> FrozenSetOf(ReadOnlySpan<object?> items)
    {
        var set = new HashSet<object?>(PythonEquality.Instance);
        long weight = items.Length;
        foreach (object? item in items)
        {
            int own = PythonEquality.WeightOf(item, _frozenWeights);
            Charge(own);
            weight += own;
            set.Add(item);
        }

        FrozenSet<object?> frozen = set.ToFrozenSet(PythonEquality.Instance);
        _frozenWeights[frozen] = (int)Math.Min(weight, MostWeight);
        return frozen;
    }

    /// <summary>Adds values to a set.</summary>
    public void AddTo(HashSet<object?> set, ReadOnlySpan<object?> items)
    {
        foreach (object? item in items)
        {
            Charge(PythonEquality.WeightOf(item, _frozenWeights));
            set.Add(item);
        }
    }

    /// <summary>Adds an entry to a dict.</summary>
    public void PutInto(PythonDict dict, object? key, object? value)
    {
        if (key is not int)
        {
            Charge(PythonEquality.WeightOf(key, _frozenWeights));
        }

        dict.Put(key, value);
    }

    private bool TryContainer(byte opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Pop:
                Pop();
                return true;
            case PickleOpcode.PopMark:
                _stack.Drop(_stack.TakeMark());
                return true;
            case PickleOpcode.Dup:
                object? top = _stack.Peek(out int node);
                _stack.Push(top, node);
                return true;
            case PickleOpcode.EmptyTuple:
                _stack.Push(PythonTuple.Empty);
                return true;
            case PickleOpcode.Tuple1:
                MakeTuple(1);
                return true;
            case PickleOpcode.Tuple2:
                MakeTuple(2);
                return true;
            case PickleOpcode.Tuple3:
                MakeTuple(3);
                return true;
            case PickleOpcode.Tuple:
                MakeTuple(_stack.TakeMark());
                return true;
            case PickleOpcode.List:
                int count = _stack.TakeMark();
                Below(new List<object?>(_stack.TopMost(count).ToArray()), count);
                return true;
            case PickleOpcode.Dict:
                MakeDict(_stack.TakeMark());
                return true;
            case PickleOpcode.EmptySet:
                _stack.PushContainer(new HashSet<object?>(PythonEquality.Instance));
                return true;
            case PickleOpcode.AddItems:
                AddItems(_stack.TakeMark());
                return true;
            case PickleOpcode.FrozenSet:
                int items = _stack.TakeMark();
                Below(FrozenSetOf(_stack.TopMost(items)), items);
                return true;
            default:
                return false;
        }
    }

    private void Pop()
    {
        // As in Python: with nothing above a mark, it is the mark that goes.
        if (_stack.Count == 0)
        {
            _stack.TakeMark();
        }
        else
        {
            _stack.Pop(out _);
        }
    }

    private void MakeTuple(int count)
    {
        int height = _stack.HeightOf(count);
        PythonTuple tuple = TupleOf(_stack.TopMost(count));
        _stack.Drop(count);
        _stack.PushContainer(tuple, height);
    }

    /// <summary>Puts a container in the place of the topmost values, which are in it.</summary>
    private void Below(object container, int count)
    {
        int height = _stack.HeightOf(count);
        if (height == int.MaxValue)
        {
            throw _stack.Refusal(count);
        }

        _stack.Drop(count);
        _stack.PushContainer(container, height);
    }

    private void Append(int count)
    {
        _stack.Contain(count);
        ReadOnlySpan<object?> items = _stack.TopMost(count);
        switch (_stack.TopMost(count + 1)[0])
        {
            case List<object?> list:
                list.AddRange(items);
                break;
            case PSObject unknown:
                UnknownObject.Append(unknown, items);
                break;
            case var other:
                throw new FormatException(Messages.ReasonPickleAppends.With(NameOf(other)));
        }

        _stack.Drop(count);
    }

    private void SetItems(int count)
    {
        if (count % 2 != 0)
        {
            throw new FormatException(Messages.ReasonKeyWithoutValue);
        }

        _stack.Contain(count);
        object? target = _stack.TopMost(count + 1)[0];
        PythonDict dict = target as PythonDict
            ?? (target is PSObject unknown ? UnknownObject.Entries(unknown) : throw new FormatException(Messages.ReasonPickleSetsItem.With(NameOf(target))));
        Fill(dict, _stack.TopMost(count));
        _stack.Drop(count);
        if (dict.Count == 1 && ReferenceEquals(target, dict) && ReferenceShape.TryOpen(dict) is { } live)
        {
            // One of our own shared objects: by now nothing but the memo knows the dict that stands for it.
            Charge(_memo.Count);
            _memo.ReplaceAll(dict, live, PickleStack.Leaf);
            _stack.Replace(live, PickleStack.Leaf);
        }
    }

    private void Fill(PythonDict dict, ReadOnlySpan<object?> pairs)
    {
        dict.Reserve(pairs.Length / 2);
        for (int i = 0; i < pairs.Length; i += 2)
        {
            PutInto(dict, pairs[i], pairs[i + 1]);
        }
    }

    private void MakeDict(int count)
    {
        if (count % 2 != 0)
        {
            throw new FormatException(Messages.ReasonKeyWithoutValue);
        }

        var dict = new PythonDict();
        Fill(dict, _stack.TopMost(count));
        Below(dict, count);
    }

    private void AddItems(int count)
    {
        _stack.Contain(count);
        switch (_stack.TopMost(count + 1)[0])
        {
            case HashSet<object?> set:
                AddTo(set, _stack.TopMost(count));
                break;
            case PSObject unknown:
                UnknownObject.Append(unknown, _stack.TopMost(count));
                break;
            default:
                throw new FormatException(Messages.ReasonPickleAddsToNoSet);
        }

        _stack.Drop(count);
    }

    private static string NameOf(object? value) => value switch
    {
        null => "None",
        PythonGlobal global => global.FullName,
        UnfinishedObject => Messages.UnbuiltObject,
        _ => value.GetType().Name,
    };
}
