using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Lists, tuples, dicts, sets and objects.</summary>
internal sealed partial class PickleWriter
{
    /// <summary>CPython's batches: so many items are on the stack at a time.</summary>
    private const int BatchSize = 1000;

    private void WriteContainer(object plain, PSObject? wrapper, bool inObject)
    {
        bool isCustom = plain is PSCustomObject;
        wrapper = isCustom ? wrapper ?? PSObject.AsPSObject(plain) : wrapper;
        object identity = isCustom ? wrapper! : plain;
        if (TryWriteAgain(identity))
        {
            return;
        }

        Enter();
        if (isCustom)
        {
            WriteObject(wrapper!, isCustom: true, inObject);
        }
        else if (!TryWriteKnown(plain, inObject))
        {
            WriteOther(plain, wrapper, inObject);
        }

        Leave();
    }

    private bool TryWriteKnown(object value, bool inObject)
    {
        switch (value)
        {
            case PythonTuple tuple:
                WriteTuple(tuple, tuple.Items, inObject);
                return true;
            case ITuple tuple:
                object?[] items = new object?[tuple.Length];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = tuple[i];
                }

                WriteTuple(tuple, items, inObject);
                return true;
            case PythonOrderedDict ordered:
                WriteOrderedDict(ordered, inObject);
                return true;
            case IDictionary dictionary:
                WriteDict(dictionary, inObject);
                return true;
            case SharedArray shared:
                WriteShared(shared, inObject);
                return true;
            case IIpcObject live:
                Write(ReferenceShape.StandInFor(live), inObject);
                return true;
            case Array array:
                WriteArray(array, inObject);
                return true;
            case List<byte> bytes:
                WriteByteArray(bytes);
                return true;
            case List<object?> list:
                WriteList(list, list, list.Count, inObject);
                return true;
            default:
                return false;
        }
    }

    private void WriteOther(object value, PSObject? wrapper, bool inObject)
    {
        if (SetKind.Of(value.GetType()) is { } isFrozen)
        {
            object?[] members = [.. ((IEnumerable)value).Cast<object?>()];
            if (isFrozen)
            {
                WriteFrozenSet(value, members, inObject);
            }
            else
            {
                WriteSet(value, members, inObject);
            }
        }
        else if (LanguagePrimitives.GetEnumerable(value) is { } items)
        {
            ICollection collection = items as ICollection ?? items.Cast<object?>().ToArray();
            WriteList(value, collection, collection.Count, inObject);
        }
        else if (inObject)
        {
            WriteText(PropertyReader.TextOf(value));
        }
        else
        {
            WriteObject(wrapper ?? PSObject.AsPSObject(value), isCustom: false, inObject: true);
        }
    }

    private void WriteList(object identity, IEnumerable items, int count, bool inObject)
    {
        _output.Byte(PickleOpcode.EmptyList);
        Memoize(identity);
        if (count == 0)
        {
            return;
        }

        if (count == 1)
        {
            foreach (object? item in items)
            {
                Write(item, inObject);
            }

            _output.Byte(PickleOpcode.Append);
            return;
        }

        int written = 0;
        if (items is List<object?> list)
        {
            for (; written < count && written < list.Count; written++)
            {
                BeginItem(written);
                Write(list[written], inObject);
                EndItem(written, count, PickleOpcode.Appends);
            }
        }
        else
        {
            foreach (object? item in items)
            {
                BeginItem(written);
                Write(item, inObject);
                EndItem(written++, count, PickleOpcode.Appends);
            }
        }

        RequireUnchanged(written == count);
    }

    private void BeginItem(int index)
    {
        if (index % BatchSize == 0)
        {
            _output.Byte(PickleOpcode.Mark);
        }
    }

    private void EndItem(int index, int count, byte opcode)
    {
        if ((index + 1) % BatchSize == 0 || index + 1 == count)
        {
            _output.Byte(opcode);
        }
    }

    private void WriteTuple(object identity, ReadOnlySpan<object?> items, bool inObject)
    {
        if (items.Length == 0)
        {
            _output.Byte(PickleOpcode.EmptyTuple);
            return;
        }

        bool isShort = items.Length <= 3;
        if (!isShort)
        {
            _output.Byte(PickleOpcode.Mark);
        }

        foreach (object? item in items)
        {
            Write(item, inObject);
        }

        if (_written.Find(identity) is var number and >= 0)
        {
            // One of its items has the tuple itself in it: that one is whole by now.
            for (int i = 0; i < (isShort ? items.Length : 1); i++)
            {
                _output.Byte(isShort ? PickleOpcode.Pop : PickleOpcode.PopMark);
            }

            WriteGet(number);
            return;
        }

        _output.Byte(isShort ? (byte)(PickleOpcode.Tuple1 + items.Length - 1) : PickleOpcode.Tuple);
        Memoize(identity);
    }

    private void WriteDict(IDictionary dictionary, bool inObject)
    {
        _output.Byte(PickleOpcode.EmptyDict);
        Memoize(dictionary);
        int count = dictionary.Count;
        if (count == 0)
        {
            return;
        }

        int written = 0;
        foreach (DictionaryEntry entry in dictionary)
        {
            if (count > 1)
            {
                BeginItem(written);
            }

            Write(entry.Key, inObject);
            Write(entry.Value, inObject);
            EndEntry(++written, count);
        }

        RequireUnchanged(written == count);
    }

    /// <summary>Ends an entry; CPython begins another batch after each full one, though nothing may be left for it.</summary>
    private void EndEntry(int written, int count)
    {
        if (count == 1)
        {
            _output.Byte(PickleOpcode.SetItem);
        }
        else if (written % BatchSize == 0)
        {
            _output.Byte(PickleOpcode.SetItems);
            if (written == count)
            {
                _output.Bytes(PickleOpcode.Mark, PickleOpcode.SetItems);
            }
        }
        else if (written == count)
        {
            _output.Byte(PickleOpcode.SetItems);
        }
    }

    private void WriteOrderedDict(PythonOrderedDict dictionary, bool inObject)
    {
        WriteGlobal(PythonName.OrderedDict);
        _output.Bytes(PickleOpcode.EmptyTuple, PickleOpcode.Reduce);
        Memoize(dictionary);
        int count = dictionary.Count;
        int written = 0;
        foreach (DictionaryEntry entry in dictionary)
        {
            bool isAlone = written % BatchSize == 0 && written + 1 == count;
            if (!isAlone)
            {
                BeginItem(written);
            }

            Write(entry.Key, inObject);
            Write(entry.Value, inObject);
            written++;
            if (isAlone)
            {
                _output.Byte(PickleOpcode.SetItem);
            }
            else if (written % BatchSize == 0 || written == count)
            {
                _output.Byte(PickleOpcode.SetItems);
            }
        }

        RequireUnchanged(written == count);
    }

    private void WriteSet(object identity, object?[] items, bool inObject)
    {
        if (!IsProtocol4)
        {
            WriteSetOfList(PythonName.Set, identity, items, inObject);
            return;
        }

        _output.Byte(PickleOpcode.EmptySet);
        Memoize(identity);
        for (int i = 0; i < items.Length; i++)
        {
            BeginItem(i);
            Write(items[i], inObject);
            EndItem(i, items.Length, PickleOpcode.AddItems);
        }

        if (items.Length > 0 && items.Length % BatchSize == 0)
        {
            _output.Bytes(PickleOpcode.Mark, PickleOpcode.AddItems);
        }
    }

    private void WriteFrozenSet(object identity, object?[] items, bool inObject)
    {
        if (!IsProtocol4)
        {
            WriteSetOfList(PythonName.FrozenSet, identity, items, inObject);
            return;
        }

        _output.Byte(PickleOpcode.Mark);
        foreach (object? item in items)
        {
            Write(item, inObject);
        }

        if (_written.Find(identity) is var number and >= 0)
        {
            _output.Byte(PickleOpcode.PopMark);
            WriteGet(number);
            return;
        }

        _output.Byte(PickleOpcode.FrozenSet);
        Memoize(identity);
    }

    private void WriteSetOfList(PythonName kind, object identity, object?[] items, bool inObject)
    {
        WriteGlobal(kind);
        WriteList(items, items, items.Length, inObject);
        _output.Byte(PickleOpcode.Tuple1);
        Memoize(null);
        _output.Byte(PickleOpcode.Reduce);
        Memoize(identity);
    }

    /// <summary>An object as a dict of its properties.</summary>
    private void WriteObject(PSObject value, bool isCustom, bool inObject)
    {
        while (_frames.Count < _depth)
        {
            _frames.Add(new PropertyFrame());
        }

        PropertyFrame frame = _frames[_depth - 1];
        frame.Clear();
        frame.Fill(value, isCustom);
        _output.Byte(PickleOpcode.EmptyDict);
        Memoize(isCustom ? value : value.BaseObject);
        int count = frame.Count;
        for (int i = 0; i < count; i++)
        {
            if (count > 1)
            {
                BeginItem(i);
            }

            WriteText(frame.Name(i));
            Write(frame.Value(i), inObject);
            EndEntry(i + 1, count);
        }

        frame.Clear();
    }

    private static void RequireUnchanged(bool condition)
    {
        if (!condition)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CollectionChangedWhileWritten);
        }
    }
}
