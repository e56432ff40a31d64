using System.Buffers;
using System.Collections;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Management.Automation.Internal;
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
        Array.Clear(_ancestors, 0, _depth);
        _shapes.GoBack(default);
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
            if (ReferenceEquals(wrapper, AutomationNull.Value))
            {
                writer.WriteNil();
            }
            else if (plain is PSCustomObject)
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

    /// <summary>Writes a value that belongs to a record; its text if it cannot be written, since the record must arrive all the same.</summary>
    public void WriteOrText(ref MessagePackWriter writer, object? value)
    {
        if (ScalarWriter.TryWrite(ref writer, value))
        {
            return;
        }

        (int Shapes, int Frames) mark = _shapes.Mark;
        int depth = _depth;
        var apart = new ArrayBufferWriter<byte>();
        try
        {
            var target = new MessagePackWriter(apart);
            Write(ref target, value, inBag: false);
            target.Flush();
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            Array.Clear(_ancestors, depth, _depth - depth);
            _depth = depth;
            _shapes.GoBack(mark);
            writer.Write(PropertyReader.TextOf(value!));
            return;
        }

        writer.WriteRaw(apart.WrittenSpan);
    }

    /// <summary>Enters a container, one level deeper.</summary>
    public void Enter(object container)
    {
        if (_depth >= _deepest)
        {
            throw TooDeep();
        }

        _ancestors[_depth++] = container;
    }

    /// <summary>Leaves a container.</summary>
    public void Leave() => _ancestors[--_depth] = null;

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
            case OrderedDictionary or PythonDict:
                Enter(value);
                WriteOrdered(ref writer, (IDictionary)value, inBag);
                Leave();
                return true;
            case IDictionary dictionary:
                Enter(dictionary);
                WriteMap(ref writer, dictionary, inBag);
                Leave();
                return true;
            case IIpcObject live:
                StreamRecordWriter.WriteReference(ref writer, live.PassOn());
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

        RequireUnchanged(written == count);
    }

    private void WriteArray(ref MessagePackWriter writer, Array array, bool inBag)
    {
        if (array.Rank > 1)
        {
            writer.WriteArrayHeader(3);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.MultiDimensionalArray);
            int[] lengths = new int[array.Rank];
            for (int i = 0; i < lengths.Length; i++)
            {
                lengths[i] = array.GetLength(i);
            }

            NumberArrays.TryWrite(ref writer, lengths);
            Array flat = Flatten(array);
            Enter(flat);
            WriteArray(ref writer, flat, inBag);
            Leave();
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
        WriteEntries(ref writer, dictionary, inBag);
    }

    private void WriteOrdered(ref MessagePackWriter writer, IDictionary dictionary, bool inBag)
    {
        writer.WriteArrayHeader(1 + (2 * dictionary.Count));
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.OrderedDictionary);
        WriteEntries(ref writer, dictionary, inBag);
    }

    private void WriteEntries(ref MessagePackWriter writer, IDictionary dictionary, bool inBag)
    {
        int count = dictionary.Count;
        foreach (DictionaryEntry entry in dictionary)
        {
            count--;
            Write(ref writer, entry.Key, inBag);
            Write(ref writer, entry.Value, inBag);
        }

        RequireUnchanged(count == 0);
    }

    private void WriteBag(ref MessagePackWriter writer, object value, PSObject? wrapper, bool inBag)
    {
        if (FormatData.Contains(value))
        {
            if (_depth == 0)
            {
                Begin(IpcSerializers.DeepestDepth); // Format-Custom nests some levels for each of what it shows.
            }
        }
        else if (inBag || value is Delegate or Type or System.Threading.Tasks.Task)
        {
            writer.Write(PropertyReader.TextOf(value));
            return;
        }

        Enter(value);
        WriteObject(ref writer, wrapper ?? PSObject.AsPSObject(value), isCustom: false, inBag: true);
        Leave();
    }

    /// <summary>An object: the marker, then its shape or the number of a shape that was written before, its text if it has one, the values.</summary>
    private void WriteObject(ref MessagePackWriter writer, PSObject value, bool isCustom, bool inBag)
    {
        PropertyFrame frame = _shapes.Enter();
        frame.Fill(value, isCustom);
        Collection<string> types = EngineMembers.TypeNamesOf(value);
        string? text = isCustom ? ObjectFactory.ArrivedTextOf(value) : PropertyReader.TextOf(value.BaseObject);
        int known = _shapes.Find(frame, types, isCustom);
        if (known < 0)
        {
            writer.WriteArrayHeader(4 + frame.Count);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.Object);
            _shapes.Define(ref writer, frame, types, isCustom);
            writer.Write(text);
        }
        else
        {
            writer.WriteArrayHeader((text is null ? 1 : 2) + frame.Count);
            ScalarWriter.WriteShapeMarker(ref writer, (ushort)known, hasText: text is not null);
            if (text is not null)
            {
                writer.Write(text);
            }
        }

        for (int i = 0; i < frame.Count; i++)
        {
            Write(ref writer, frame.Value(i), inBag);
        }

        _shapes.Leave();
    }

    private static void RequireUnchanged(bool condition)
    {
        if (!condition)
        {
            throw new IpcException(IpcErrorKind.Serialization, Messages.CollectionChangedWhileWritten);
        }
    }

    private IpcException TooDeep()
    {
        for (int i = 0; i < _depth; i++)
        {
            for (int j = i + 1; j < _depth; j++)
            {
                if (ReferenceEquals(_ancestors[i], _ancestors[j]))
                {
                    return new IpcException(IpcErrorKind.Serialization, Messages.CycleThroughType.With(TypeNameOf(_ancestors[i]!)));
                }
            }
        }

        return new IpcException(
            IpcErrorKind.Serialization,
            Messages.NestedTooDeepOfMost.With(_deepest, IpcSerializers.DeepestDepth));
    }

    private static string TypeNameOf(object container) => container is PSObject custom ? custom.TypeNames[0] : container.GetType().ToString();
}
