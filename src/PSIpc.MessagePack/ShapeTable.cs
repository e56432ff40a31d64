using System.Management.Automation;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>
/// The shapes (type names and property names) of the objects of one message, so that the names of a table's columns are written once.
/// </summary>
internal sealed class ShapeTable
{
    private const string DeserializedPrefix = "Deserialized.";
    private const int MostShapes = 4096;

    private readonly List<Shape> _shapes = [];
    private readonly List<Frame> _frames = [];
    private int _used;

    /// <summary>A frame for the properties of one object; frames of nested objects are apart.</summary>
    public Frame Enter()
    {
        if (_used == _frames.Count)
        {
            _frames.Add(new Frame());
        }

        return _frames[_used++];
    }

    /// <summary>Gives the last frame back.</summary>
    public void Leave() => _frames[--_used].Clear();

    /// <summary>Forgets the message.</summary>
    public void Clear()
    {
        while (_used > 0)
        {
            Leave();
        }

        _shapes.Clear();
    }

    /// <summary>The number of the shape of an object, if one was written before; else -1.</summary>
    public int Find(Frame frame, PSObject value, bool isCustom)
    {
        for (int i = _shapes.Count - 1; i >= 0; i--)
        {
            if (isCustom && _shapes[i].Matches(frame, value))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Writes a shape, which has the next number from now on: an array of type names, an array of property names.</summary>
    public void Define(ref MessagePackWriter writer, Frame frame, PSObject value, bool isCustom)
    {
        string[] types = IsPlainCustom(value, isCustom) ? [] : [.. value.TypeNames];
        string[] names = frame.Names();
        writer.WriteArrayHeader(types.Length);
        foreach (string type in types)
        {
            bool marked = isCustom || type.StartsWith(DeserializedPrefix, StringComparison.Ordinal);
            writer.Write(marked ? type : DeserializedPrefix + type);
        }

        writer.WriteArrayHeader(names.Length);
        foreach (string name in names)
        {
            writer.Write(name);
        }

        // Every definition counts, so that reader and writer number alike; a bag's is never referred to, its text being its own.
        if (_shapes.Count < MostShapes)
        {
            _shapes.Add(new Shape(isCustom ? types : null, names));
        }
    }

    /// <summary>Whether an object has no other type names than any PSCustomObject has.</summary>
    private static bool IsPlainCustom(PSObject value, bool isCustom) =>
        isCustom && value.TypeNames.Count == 2 && value.TypeNames[0] == "System.Management.Automation.PSCustomObject";

    /// <summary>The properties of an object that is being written.</summary>
    internal sealed class Frame
    {
        private readonly List<string> _names = [];
        private readonly List<object?> _values = [];

        public int Count => _names.Count;

        public void Add(string name, object? value)
        {
            _names.Add(name);
            _values.Add(value);
        }

        public string Name(int index) => _names[index];

        public object? Value(int index) => _values[index];

        public string[] Names() => [.. _names];

        public void Clear()
        {
            _names.Clear();
            _values.Clear();
        }
    }

    private sealed class Shape(string[]? types, string[] names)
    {
        public bool Matches(Frame frame, PSObject value)
        {
            if (types is null || names.Length != frame.Count)
            {
                return false;
            }

            for (int i = 0; i < names.Length; i++)
            {
                if (!string.Equals(names[i], frame.Name(i), StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return types.Length == 0 ? IsPlainCustom(value, isCustom: true) : types.AsSpan().SequenceEqual(value.TypeNames.ToArray());
        }
    }
}
