using System.Buffers;
using System.Collections;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Text;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Writes one message: the objects, how deep they are nested, and the shapes of objects met so far. Used again for the next.</summary>
internal sealed class ObjectWriter
{
    // Instances of script classes inside one another; deeper ones are their text.
    private const int MaxNestedInstances = 8;

    private readonly ShapeTable _shapes = new();
    private readonly Dictionary<object, int> _instances = new(ReferenceEqualityComparer.Instance);
    private readonly List<object> _instancesInOrder = [];
    private object?[] _ancestors = new object?[33];
    private MessageBuffer? _output;
    private MessageBuffer? _apart;
    private int _nestedInstances;
    private int _depth;
    private int _deepest;

    /// <summary>Begins a message.</summary>
    /// <param name="deepest">The deepest nesting.</param>
    /// <param name="output">Where it goes: a buffer of the module's knows whether secrets may, and who asks for the types of property bags.</param>
    public void Begin(int deepest, IBufferWriter<byte> output)
    {
        _output = output as MessageBuffer;
        AllowDepth(deepest);
    }

    private void AllowDepth(int deepest)
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
        ForgetInstances(0);
        _nestedInstances = 0;
        _output = null;
    }

    /// <summary>Throws unless what is written may hold secrets.</summary>
    public void RequireSecretsAllowed(Type secret)
    {
        MessageBuffer.RequireSecretsAllowed(_output, secret.Name);
        if (_apart is not null)
        {
            _apart.HoldsSecrets = true;
        }
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
        (int depth, int instances, int nested) = (_depth, _instancesInOrder.Count, _nestedInstances);
        MessageBuffer apart = MessageBuffer.Rent();
        MessageBuffer? outer = _apart;
        _apart = apart;
        try
        {
            var target = new MessagePackWriter(apart);
            Write(ref target, value, inBag: false);
            target.Flush();
            writer.WriteRaw(apart.Written);
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            Array.Clear(_ancestors, depth, _depth - depth);
            _depth = depth;
            _nestedInstances = nested;
            _shapes.GoBack(mark);
            ForgetInstances(instances);
            writer.Write(PropertyReader.TextOf(value!));
        }
        finally
        {
            _apart = outer;
            apart.Return();
        }
    }

    /// <summary>Writes an instance of a script's class; one that was written before by its number, so that two places have one object.</summary>
    public void WriteInstance(ref MessagePackWriter writer, PSObject value, ScriptClass type)
    {
        object instance = value.BaseObject;
        if (_instances.TryGetValue(instance, out int number))
        {
            writer.WriteArrayHeader(2);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.ClassReference);
            writer.Write(number);
        }
        else if (_nestedInstances == MaxNestedInstances)
        {
            writer.Write(PropertyReader.TextOf(instance));
        }
        else
        {
            Enter(instance);
            _nestedInstances++;
            _instances.Add(instance, _instances.Count);
            _instancesInOrder.Add(instance);
            WriteObject(ref writer, value, isCustom: false, inBag: true, type);
            _nestedInstances--;
            Leave();
        }
    }

    private void ForgetInstances(int count)
    {
        for (int i = count; i < _instancesInOrder.Count; i++)
        {
            _instances.Remove(_instancesInOrder[i]);
        }

        _instancesInOrder.RemoveRange(count, _instancesInOrder.Count - count);
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
            case Hashtable table when table.GetType() == typeof(Hashtable):
                Enter(table);
                WriteMap(ref writer, table, inBag);
                Leave();
                return true;
            case ScriptBlock script:
                WriteScript(ref writer, script);
                return true;
            case IIpcObject live:
                StreamRecordWriter.WriteReference(ref writer, live.PassOn());
                return true;
            default:
                return StreamRecordWriter.TryWrite(this, ref writer, value!) || TypePlan.Of(value!.GetType()).TryWrite(this, ref writer, value, inBag)
                    || TryWriteDictionary(ref writer, value, inBag) || TryWriteSequence(ref writer, value, inBag);
        }
    }

    /// <summary>Writes a script block as its text. In values for the session's own workers the text is marked as a script block.</summary>
    private void WriteScript(ref MessagePackWriter writer, ScriptBlock script)
    {
        if (_output is not { Options.KeepsScripts: true })
        {
            writer.Write(script.ToString());
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes(script.ToString());
        writer.WriteExtensionFormat(new ExtensionResult(ExtensionCode.ScriptBlock, text));
    }

    private bool TryWriteDictionary(ref MessagePackWriter writer, object value, bool inBag)
    {
        if (value is not IDictionary dictionary)
        {
            return false;
        }

        Enter(dictionary);
        WriteMap(ref writer, dictionary, inBag);
        Leave();
        return true;
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
        else if (array.GetType() != typeof(object[]) && CollectionType.Of(array.GetType()) is { } type && type.Element != typeof(object))
        {
            writer.WriteArrayHeader(2 + array.Length);
            ScalarWriter.WriteMarker(ref writer, ExtensionCode.Collection, 0);
            writer.Write(type.Descriptor);
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
                AllowDepth(IpcSerializers.DeepestDepth); // Format-Custom nests some levels for each of what it shows.
            }
        }
        else if (inBag || value is Delegate or Type or System.Threading.Tasks.Task)
        {
            writer.Write(PropertyReader.TextOf(value));
            return;
        }
        else
        {
            _output?.Options.BagTypes?.Add(value.GetType().ToString());
        }

        Enter(value);
        WriteObject(ref writer, wrapper ?? PSObject.AsPSObject(value), isCustom: false, inBag: true);
        Leave();
    }

    /// <summary>An object: the marker, then its shape or the number of a shape that was written before, its text if it has one, the values.</summary>
    private void WriteObject(ref MessagePackWriter writer, PSObject value, bool isCustom, bool inBag, ScriptClass? scriptClass = null)
    {
        PropertyFrame frame = _shapes.Enter();
        frame.Fill(value, isCustom);
        int hidden = 0;
        if (scriptClass is not null)
        {
            ScriptClassPlan.AddHidden(frame, value.BaseObject, scriptClass);
            hidden = scriptClass.HiddenProperties.Length;
        }

        sbyte code = scriptClass is null ? ExtensionCode.Object : ExtensionCode.ClassInstance;
        Collection<string> types = EngineMembers.TypeNamesOf(value);
        string? text = isCustom ? ObjectFactory.ArrivedTextOf(value) : PropertyReader.TextOf(value.BaseObject);
        int known = _shapes.Find(frame, types, isCustom);
        if (known < 0)
        {
            writer.WriteArrayHeader((scriptClass is null ? 4 : 5) + frame.Count);
            ScalarWriter.WriteMarker(ref writer, code);
            _shapes.Define(ref writer, frame, types, isCustom);
            if (scriptClass is not null)
            {
                writer.Write(hidden);
            }

            writer.Write(text);
        }
        else
        {
            writer.WriteArrayHeader((text is null ? 1 : 2) + frame.Count);
            ScalarWriter.WriteShapeMarker(ref writer, code, (ushort)known, hasText: text is not null);
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
