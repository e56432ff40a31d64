using System.Buffers;
using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Reads one message. Every count is checked against the bytes that are left before anything is allocated for it.</summary>
internal sealed class ObjectReader
{
    // What the writer counts as levels, and one for the parts of a leaf such as an enum.
    private const int DeepestRead = IpcSerializers.DeepestDepth + 1;

    private readonly List<Shape> _shapes = [];
    private readonly List<Instance> _instances = [];
    private int _depth;
    private long _elementsLeft;

    /// <summary>Begins a message: each element of its containers takes a byte at least, so there are no more than it has bytes.</summary>
    public void Begin(int bytes) => _elementsLeft = bytes;

    /// <summary>Forgets the message.</summary>
    public void End()
    {
        _shapes.Clear();
        _instances.Clear();
        _depth = 0;
    }

    /// <summary>Reads a value.</summary>
    public object? Read(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Integer:
                return ScalarReader.ReadInteger(ref reader);
            case MessagePackType.Float:
                return reader.NextCode == MessagePackCode.Float32 ? (object)reader.ReadSingle() : reader.ReadDouble();
            case MessagePackType.Binary:
                return reader.ReadBytes() is { } bytes ? bytes.ToArray() : null;
            case MessagePackType.Map:
                return ReadMap(ref reader);
            case MessagePackType.Array:
                return ReadArray(ref reader);
            case MessagePackType.Extension:
                return ScalarReader.ReadExtension(ref reader, reader.ReadExtensionFormatHeader());
            default:
                throw new FormatException(Messages.ReasonNoValue.With(reader.NextCode));
        }
    }

    /// <summary>Reads a text that is part of the structure.</summary>
    public static string ReadText(ref MessagePackReader reader) => reader.ReadString() ?? throw new FormatException(Messages.ReasonNameNull);

    private Hashtable ReadMap(ref MessagePackReader reader)
    {
        int count = reader.ReadMapHeader();
        Take(2L * count);
        Enter();
        var table = new Hashtable(count, ArrivedKeys.IgnoringCase);
        bool ignoresCase = true;
        for (int i = 0; i < count; i++)
        {
            object key = Read(ref reader) ?? throw new FormatException(Messages.ReasonKeyNull);
            object? value = Read(ref reader);
            if (ignoresCase && key is string && table.ContainsKey(key))
            {
                // Keys that differ in case only, as a case-sensitive table has them.
                table = new Hashtable(table, ArrivedKeys.CaseSensitive);
                ignoresCase = false;
            }

            table[key] = value;
        }

        Leave();
        return table;
    }

    private object? ReadArray(ref MessagePackReader reader)
    {
        int count = ReadCount(ref reader);
        if (count == 0)
        {
            return Array.Empty<object?>();
        }

        Enter();
        object? first;
        object? result = null;
        bool isMarked = false;
        if (reader.NextMessagePackType == MessagePackType.Extension)
        {
            ExtensionHeader header = reader.ReadExtensionFormatHeader();
            isMarked = header.TypeCode >= ExtensionCode.FirstMarker;
            first = null;
            if (isMarked)
            {
                result = ReadMarked(ref reader, Marker.Read(ref reader, header), count - 1);
            }
            else
            {
                first = ScalarReader.ReadExtension(ref reader, header);
            }
        }
        else
        {
            first = Read(ref reader);
        }

        if (!isMarked)
        {
            object?[] items = new object?[count];
            items[0] = first;
            for (int i = 1; i < count; i++)
            {
                items[i] = Read(ref reader);
            }

            result = items;
        }

        Leave();
        return result;
    }

    private object? ReadMarked(ref MessagePackReader reader, Marker marker, int count) => marker.Code switch
    {
        ExtensionCode.Object => ReadObject(ref reader, marker, count),
        ExtensionCode.ClassInstance => ReadObject(ref reader, marker, count),
        ExtensionCode.ClassReference => ReadReference(ref reader, count),
        ExtensionCode.Collection => ReadCollection(ref reader, marker, count),
        ExtensionCode.Credential => Secrets.ReadCredential(this, ref reader, marker, count),
        ExtensionCode.DataTable => DataTables.Read(this, ref reader, marker, count),
        ExtensionCode.OrderedDictionary => ReadOrdered(ref reader, count),
        ExtensionCode.TypedArray => ReadTypedArray(ref reader, marker, count),
        ExtensionCode.MultiDimensionalArray => ReadMultiDimensional(ref reader, count),
        ExtensionCode.Enum => EnumReader.Read(this, ref reader, count),
        _ => StreamRecordReader.Read(this, ref reader, marker, count),
    };

    private OrderedDictionary ReadOrdered(ref MessagePackReader reader, int count)
    {
        Require(count % 2 == 0);
        var table = new OrderedDictionary(ArrivedKeys.IgnoringCase);
        bool ignoresCase = true;
        for (int i = 0; i < count; i += 2)
        {
            object key = Read(ref reader) ?? throw new FormatException(Messages.ReasonKeyNull);
            object? value = Read(ref reader);
            if (ignoresCase && table.Contains(key))
            {
                // Keys that differ in case only, as a case-sensitive table has them.
                table = CaseSensitive(table);
                ignoresCase = false;
            }

            // Throws when the key is there: to replace a value would search the whole table each time.
            table.Add(key, value);
        }

        return table;
    }

    private static OrderedDictionary CaseSensitive(OrderedDictionary table)
    {
        var copy = new OrderedDictionary(ArrivedKeys.CaseSensitive);
        foreach (DictionaryEntry entry in table)
        {
            copy.Add(entry.Key, entry.Value);
        }

        return copy;
    }

    private Array ReadTypedArray(ref MessagePackReader reader, Marker marker, int count)
    {
        Require(marker.Length == 1);
        Array array = TypedArrays.Create((byte)marker.Number, count);
        for (int i = 0; i < count; i++)
        {
            array.SetValue(Read(ref reader), i);
        }

        return array;
    }

    private Array ReadMultiDimensional(ref MessagePackReader reader, int count)
    {
        Require(count == 2);
        if (Read(ref reader) is not int[] { Length: > 1 and <= 32 } lengths || Read(ref reader) is not Array flat)
        {
            throw new FormatException(Messages.ReasonDimensionsMissing);
        }

        // .NET multiplies the lengths in their order and refuses what is too large on the way, though a 0 comes later.
        long product = 1;
        bool isEmpty = false;
        foreach (int length in lengths)
        {
            Require(length >= 0);
            isEmpty |= length == 0;
            product *= Math.Max(length, 1);
            Require(product <= Array.MaxLength);
        }

        Require((isEmpty ? 0 : product) == flat.Length);
        var array = Array.CreateInstance(flat.GetType().GetElementType()!, lengths);
        int[] at = new int[lengths.Length];
        foreach (object? item in flat)
        {
            array.SetValue(item, at);
            for (int d = at.Length - 1; d >= 0 && ++at[d] == lengths[d]; d--)
            {
                at[d] = 0;
            }
        }

        return array;
    }

    private PSObject ReadObject(ref MessagePackReader reader, Marker marker, int count)
    {
        Shape shape;
        string? text = null;
        bool isInstance = marker.Code == ExtensionCode.ClassInstance;
        if (marker.Length == 0)
        {
            int head = isInstance ? 4 : 3;
            Require(count >= head);
            count -= head;
            string[] types = Array.ConvertAll(ReadNames(ref reader), ArrivedTypeName.Of);
            string[] properties = ReadNames(ref reader);
            shape = new Shape(types, properties, isInstance ? reader.ReadInt32() : 0);
            Require(shape.Hidden >= 0 && shape.Hidden <= properties.Length);
            text = reader.ReadString();
            _shapes.Add(shape);
        }
        else
        {
            bool hasText = marker.Length == 3 && marker.Number >> 16 == 1;
            Require(hasText || marker.Length == 2);
            int number = marker.Number & 0xffff;
            shape = number < _shapes.Count ? _shapes[number] : throw new FormatException(Messages.ReasonShapeUnknown.With(number));
            if (hasText)
            {
                Require(count >= 1);
                count--;
                text = reader.ReadString();
            }
        }

        Require(count == shape.Properties.Length);
        return isInstance ? ReadInstance(ref reader, shape, text) : FillObject(ref reader, shape, text);
    }

    /// <summary>An instance of a class that this session has, with the same properties; else a property bag.</summary>
    private PSObject ReadInstance(ref MessagePackReader reader, Shape shape, string? text)
    {
        ScriptClass? type = ClassOf(shape);
        object? instance = type?.Create();
        PSObject result = instance is not null ? PSObject.AsPSObject(instance) : ObjectFactory.Create(shape.Types, text, shape.Properties.Length);
        int number = _instances.Count;
        _instances.Add(new Instance(result, text, IsOpen: instance is null));
        object?[] values = new object?[shape.Properties.Length];
        bool fits = instance is not null;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Read(ref reader);
            if (instance is not null && type!.Has(shape.Properties[i]))
            {
                fits &= type.TrySet(instance, shape.Properties[i], values[i]);
            }
        }

        if (!fits)
        {
            result = instance is null ? result : ObjectFactory.Create(shape.Types, text, shape.Properties.Length);
            for (int i = 0; i < values.Length - shape.Hidden; i++)
            {
                result.Properties.Add(new PSNoteProperty(shape.Properties[i], values[i]), preValidated: true);
            }
        }
        else
        {
            AddNotes(result, type!, shape, values);
        }

        _instances[number] = new Instance(result, text, IsOpen: false);
        return result;
    }

    /// <summary>Adds what the object had beside its class's properties.</summary>
    private static void AddNotes(PSObject result, ScriptClass type, Shape shape, object?[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!type.Has(shape.Properties[i]) && result.Properties[shape.Properties[i]] is null)
            {
                result.Properties.Add(new PSNoteProperty(shape.Properties[i], values[i]));
            }
        }
    }

    private static ScriptClass? ClassOf(Shape shape)
    {
        const string Prefix = "Deserialized.";
        if (shape.Types.Length == 0 || !shape.Types[0].StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        ScriptClass? type = ScriptClass.Find(shape.Types[0][Prefix.Length..]);
        return type is { CanBeMade: true } && shape.Properties.Count(type.Has) == type.PropertyCount ? type : null;
    }

    private object? ReadReference(ref MessagePackReader reader, int count)
    {
        Require(count == 1);
        int number = reader.ReadInt32();
        Require(number >= 0 && number < _instances.Count);

        // A bag that contains itself could not be sent on: its text stands for it.
        return _instances[number].IsOpen ? _instances[number].Text : _instances[number].Value;
    }

    private object ReadCollection(ref MessagePackReader reader, Marker marker, int count)
    {
        Require(count >= 1 && marker.Length == 1);
        CollectionType type = ReadDescriptor(ref reader);
        object?[] values = new object?[count - 1];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Read(ref reader);
        }

        return CollectionBuilder.Build(type, marker.Number, values);
    }

    private PSObject FillObject(ref MessagePackReader reader, Shape shape, string? text)
    {
        PSObject result = ObjectFactory.Create(shape.Types, text, shape.Properties.Length);
        PSMemberInfoCollection<PSPropertyInfo> properties = result.Properties;
        foreach (string name in shape.Properties)
        {
            properties.Add(new PSNoteProperty(name, Read(ref reader)), preValidated: true);
        }

        return result;
    }

    private string[] ReadNames(ref MessagePackReader reader)
    {
        int count = ReadCount(ref reader);
        string[] names = count == 0 ? [] : new string[count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = ReadText(ref reader);
            Require(names[i].Length > 0 && !ReservedNames.Contains(names[i]));
        }

        return names;
    }

    /// <summary>Reads an array of texts.</summary>
    public string[] ReadTexts(ref MessagePackReader reader)
    {
        string[] texts = new string[ReadCount(ref reader)];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = ReadText(ref reader);
        }

        return texts;
    }

    /// <summary>Reads what describes a collection type.</summary>
    public static CollectionType ReadDescriptor(ref MessagePackReader reader)
    {
        ReadOnlySequence<byte> bytes = reader.ReadBytes() ?? throw new FormatException(Messages.ReasonNotPSIpcStructure);
        return CollectionType.Resolve(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray(), namesAreObjects: false);
    }

    /// <summary>Reads how many elements an array has.</summary>
    public int ReadCount(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        Take(count);
        return count;
    }

    private void Take(long elements)
    {
        _elementsLeft -= elements;
        if (_elementsLeft < 0)
        {
            throw new FormatException(Messages.ReasonTooManyElements);
        }
    }

    /// <summary>Throws unless the structure is as it must be.</summary>
    internal static void Require(bool condition)
    {
        if (!condition)
        {
            throw new FormatException(Messages.ReasonNotPSIpcStructure);
        }
    }

    private void Enter()
    {
        if (++_depth > DeepestRead)
        {
            throw new FormatException(Messages.ReasonNestedTooDeep.With(DeepestRead));
        }
    }

    private void Leave() => _depth--;

    private sealed record Shape(string[] Types, string[] Properties, int Hidden);

    /// <summary>An instance of a script's class that was read, or is being read: one that is open is a bag whose values are not complete.</summary>
    private sealed record Instance(object Value, string? Text, bool IsOpen);
}
