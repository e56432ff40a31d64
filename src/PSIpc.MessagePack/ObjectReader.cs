using System.Buffers;
using System.Collections;
using System.Collections.Specialized;
using System.Management.Automation;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>Reads one message. Every count is checked against the bytes that are left before anything is allocated for it.</summary>
internal sealed class ObjectReader
{
    private const int DeepestRead = 160;

    private readonly List<Shape?> _shapes = [];
    private int _depth;

    /// <summary>Forgets the message.</summary>
    public void End()
    {
        _shapes.Clear();
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
                return ScalarReader.ReadExtension(ref reader);
            default:
                throw new FormatException($"the byte {reader.NextCode:x2} begins no value");
        }
    }

    /// <summary>Reads a text that is part of the structure.</summary>
    public static string ReadText(ref MessagePackReader reader) => reader.ReadString() ?? throw new FormatException("a name is null");

    private Hashtable ReadMap(ref MessagePackReader reader)
    {
        int count = reader.ReadMapHeader();
        Enter();
        var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < count; i++)
        {
            object key = Read(ref reader) ?? throw new FormatException("a key is null");
            object? value = Read(ref reader);
            if (table.ContainsKey(key) && key is string)
            {
                // Keys that differ in case only, as a case-sensitive table has them.
                table = new Hashtable(table, StringComparer.Ordinal);
            }

            table[key] = value;
        }

        Leave();
        return table;
    }

    private object? ReadArray(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        Enter();
        object? result;
        if (count > 0 && reader.NextMessagePackType == MessagePackType.Extension && IsMarker(reader, out sbyte code))
        {
            ReadOnlySequence<byte> payload = reader.ReadExtensionFormat().Data;
            result = ReadMarked(ref reader, code, payload.ToArray(), count - 1);
        }
        else
        {
            object?[] items = new object?[count];
            for (int i = 0; i < count; i++)
            {
                items[i] = Read(ref reader);
            }

            result = items;
        }

        Leave();
        return result;
    }

    private static bool IsMarker(MessagePackReader ahead, out sbyte code)
    {
        code = ahead.ReadExtensionFormatHeader().TypeCode;
        return code >= ExtensionCode.FirstMarker;
    }

    private object? ReadMarked(ref MessagePackReader reader, sbyte code, byte[] payload, int count) => code switch
    {
        ExtensionCode.Object => ReadObject(ref reader, payload, count),
        ExtensionCode.OrderedDictionary => ReadOrdered(ref reader, count),
        ExtensionCode.TypedArray => ReadTypedArray(ref reader, payload, count),
        ExtensionCode.MultiDimensionalArray => ReadMultiDimensional(ref reader, count),
        ExtensionCode.Enum => EnumReader.Read(this, ref reader, count),
        _ => StreamRecordReader.Read(this, ref reader, code, payload, count),
    };

    private OrderedDictionary ReadOrdered(ref MessagePackReader reader, int count)
    {
        Require(count % 2 == 0);
        var table = new OrderedDictionary(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < count; i += 2)
        {
            object key = Read(ref reader) ?? throw new FormatException("a key is null");
            object? value = Read(ref reader);
            if (table.Contains(key))
            {
                table = CaseSensitive(table);
            }

            table[key] = value;
        }

        return table;
    }

    private static OrderedDictionary CaseSensitive(OrderedDictionary table)
    {
        var copy = new OrderedDictionary(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
        {
            copy.Add(entry.Key, entry.Value);
        }

        return copy;
    }

    private Array ReadTypedArray(ref MessagePackReader reader, byte[] payload, int count)
    {
        Require(payload.Length == 1);
        Array array = TypedArrays.Create(payload[0], count);
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
            throw new FormatException("an array of several dimensions lacks its lengths or its elements");
        }

        long product = 1;
        foreach (int length in lengths)
        {
            product = length < 0 ? -1 : checked(product * length);
        }

        Require(product == flat.Length);
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

    private PSObject ReadObject(ref MessagePackReader reader, byte[] payload, int count)
    {
        Shape shape;
        string? text = null;
        if (payload.Length == 2)
        {
            int number = payload[0] | (payload[1] << 8);
            shape = (number < _shapes.Count ? _shapes[number] : null) ?? throw new FormatException($"shape {number} is not defined");
        }
        else
        {
            Require(payload.Length == 0 && count >= 3);
            count -= 3;
            shape = new Shape(ReadNames(ref reader), ReadNames(ref reader));
            text = reader.ReadString();
            _shapes.Add(shape);
        }

        Require(count == shape.Properties.Length);
        PSObject result = ObjectFactory.Create(shape.Types, text);
        foreach (string name in shape.Properties)
        {
            ObjectFactory.Add(result, name, Read(ref reader));
        }

        return result;
    }

    private static string[] ReadNames(ref MessagePackReader reader)
    {
        string[] names = new string[reader.ReadArrayHeader()];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = ReadText(ref reader);
            Require(names[i].Length > 0);
        }

        return names;
    }

    /// <summary>Throws unless the structure is as it must be.</summary>
    internal static void Require(bool condition)
    {
        if (!condition)
        {
            throw new FormatException("its structure is not one that PSIpc writes");
        }
    }

    private void Enter()
    {
        if (++_depth > DeepestRead)
        {
            throw new FormatException($"it is nested deeper than {DeepestRead} levels");
        }
    }

    private void Leave() => _depth--;

    private sealed record Shape(string[] Types, string[] Properties);
}
