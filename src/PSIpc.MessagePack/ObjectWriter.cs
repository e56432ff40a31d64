using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Writes one message: the objects, how deep they are nested, and the shapes of objects met so far. Used again for the next.</summary>
internal sealed class ObjectWriter
{
    private readonly ShapeTable _shapes = new();
    private object?[] _ancestors = new object?[33];
    private int _depth;
    private int _deepest;

    /// <summary>Begins a message.</summary>
    public void Begin(int deepest)
    {
        _deepest = deepest;
        _depth = 0;
        if (_ancestors.Length <= deepest)
        {
            _ancestors = new object?[deepest + 1];
        }
    }

    /// <summary>Forgets the message.</summary>
    public void End()
    {
        Array.Clear(_ancestors, 0, Math.Min(_ancestors.Length, _deepest + 1));
        _shapes.Clear();
    }

    /// <summary>Writes a value.</summary>
    public void Write(ref MessagePackWriter writer, object? value) => Write(ref writer, value, inBag: false);

    /// <summary>Writes a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="value">What.</param>
    /// <param name="inBag">Whether it is inside a property bag, where other .NET objects are written as their text.</param>
    public void Write(ref MessagePackWriter writer, object? value, bool inBag)
    {
        if (value is PSObject wrapper)
        {
            object plain = wrapper.BaseObject;
            if (plain is PSCustomObject)
            {
                Enter(wrapper);
                WriteObject(ref writer, wrapper, isCustom: true, inBag);
                Leave();
            }
            else if (!TryWritePlain(ref writer, plain, inBag))
            {
                WriteBag(ref writer, plain, wrapper, inBag);
            }
        }
        else if (!TryWritePlain(ref writer, value, inBag))
        {
            WriteBag(ref writer, value!, null, inBag);
        }
    }

    private bool TryWritePlain(ref MessagePackWriter writer, object? value, bool inBag)
    {
        if (ScalarWriter.TryWrite(ref writer, value))
        {
            return true;
        }

        switch (value)
        {
            case Array array:
                Enter(array);
                WriteArray(ref writer, array, inBag);
                Leave();
                return true;
            case OrderedDictionary ordered:
                Enter(ordered);
                WriteOrdered(ref writer, ordered, inBag);
                Leave();
                return true;
            case IDictionary dictionary:
                Enter(dictionary);
                WriteMap(ref writer, dictionary, inBag);
                Leave();
                return true;
            case IIpcObject live:
                StreamRecordWriter.WriteReference(ref writer, live.Reference);
                return true;
            default:
                return StreamRecordWriter.TryWrite(this, ref writer, value!) || TryWriteSequence(ref writer, value!, inBag);
        }
    }

    private bool TryWriteSequence(ref MessagePackWriter writer, object value, bool inBag)
    {
        if (LanguagePrimitives.GetEnumerable(value) is not { } sequence)
        {
            return false;
        }

        Enter(value);
        if (value is ICollection collection)
        {
            WriteItems(ref writer, collection, collection.Count, inBag);
        }
        else
        {
            var items = new List<object?>();
            foreach (object? item in sequence)
            {
                items.Add(item);
            }

            WriteItems(ref writer, items, items.Count, inBag);
        }

        Leave();
        return true;
    }

    private void WriteItems(ref MessagePackWriter writer, IEnumerable items, int count, bool inBag)
    {
        writer.WriteArrayHeader(count);
        int written = 0;
        foreach (object? item in items)
        {
            if (written++ < count)
            {
                Write(ref writer, item, inBag);
            }
        }

        if (written != count)
        {
            throw new IpcException(IpcErrorKind.Serialization, "A collection was changed while it was being written.");
        }
    }

    private void WriteArray(ref MessagePackWriter writer, Array array, bool inBag)
    {
        if (array.Rank > 1)
        {
            writer.WriteArrayHeader(3);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.MultiDimensionalArray);
            NumberArrays.TryWrite(ref writer, Enumerable.Range(0, array.Rank).Select(array.GetLength).ToArray());
            WriteArray(ref writer, Flatten(array), inBag);
        }
        else if (array.GetLowerBound(0) == 0 && NumberArrays.TryWrite(ref writer, array))
        {
            return;
        }
        else if (TypedArrays.CodeOf(array.GetType().GetElementType()!) is { } code)
        {
            writer.WriteArrayHeader(array.Length + 1);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.TypedArray, code);
            foreach (object? item in array)
            {
                Write(ref writer, item, inBag);
            }
        }
        else
        {
            WriteItems(ref writer, array, array.Length, inBag);
        }
    }

    private static Array Flatten(Array array)
    {
        var flat = Array.CreateInstance(array.GetType().GetElementType()!, array.Length);
        int i = 0;
        foreach (object? item in array)
        {
            flat.SetValue(item, i++);
        }

        return flat;
    }

    private void WriteMap(ref MessagePackWriter writer, IDictionary dictionary, bool inBag)
    {
        writer.WriteMapHeader(dictionary.Count);
        foreach (DictionaryEntry entry in dictionary)
        {
            Write(ref writer, entry.Key, inBag);
            Write(ref writer, entry.Value, inBag);
        }
    }

    private void WriteOrdered(ref MessagePackWriter writer, OrderedDictionary dictionary, bool inBag)
    {
        writer.WriteArrayHeader(1 + (2 * dictionary.Count));
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.OrderedDictionary);
        foreach (DictionaryEntry entry in dictionary)
        {
            Write(ref writer, entry.Key, inBag);
            Write(ref writer, entry.Value, inBag);
        }
    }

    private void WriteBag(ref MessagePackWriter writer, object value, PSObject? wrapper, bool inBag)
    {
        if (inBag || value is Delegate or Type or System.Threading.Tasks.Task)
        {
            writer.Write(value.ToString());
            return;
        }

        Enter(value);
        WriteObject(ref writer, wrapper ?? PSObject.AsPSObject(value), isCustom: false, inBag: true);
        Leave();
    }

    /// <summary>An object: the marker, then its shape or the number of a shape that was written before, then the values.</summary>
    private void WriteObject(ref MessagePackWriter writer, PSObject value, bool isCustom, bool inBag)
    {
        ShapeTable.Frame frame = _shapes.Enter();
        foreach (PSPropertyInfo property in value.Properties)
        {
            frame.Add(property.Name, property is PSNoteProperty note ? note.Value : PropertyReader.ValueOf(property));
        }

        int known = _shapes.Find(frame, value, isCustom);
        if (known >= 0)
        {
            writer.WriteArrayHeader(1 + frame.Count);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.Object, (ushort)known);
        }
        else
        {
            string? text = isCustom ? null : TextOf(value);
            writer.WriteArrayHeader(4 + frame.Count);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.Object);
            _shapes.Define(ref writer, frame, value, isCustom);
            writer.Write(text);
        }

        for (int i = 0; i < frame.Count; i++)
        {
            Write(ref writer, frame.Value(i), inBag);
        }

        _shapes.Leave();
    }

    private static string? TextOf(PSObject value) => value.BaseObject.ToString();

    private void Enter(object container)
    {
        if (_depth >= _deepest)
        {
            for (int i = 0; i < _depth; i++)
            {
                for (int j = i + 1; j < _depth; j++)
                {
                    if (ReferenceEquals(_ancestors[i], _ancestors[j]))
                    {
                        throw new IpcException(IpcErrorKind.Serialization, $"The object contains itself: a cycle through {_ancestors[i]!.GetType()}. Break it first.");
                    }
                }
            }

            throw new IpcException(IpcErrorKind.Serialization, $"The object is nested deeper than {_deepest} levels. Raise the depth (ConvertTo-IpcData -Depth, at most {IpcSerializers.DeepestDepth}), or send less.");
        }

        _ancestors[_depth++] = container is PSObject { BaseObject: PSCustomObject } or not PSObject ? container : ((PSObject)container).BaseObject;
    }

    private void Leave() => _ancestors[--_depth] = null;
}
