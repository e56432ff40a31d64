using System.Collections.ObjectModel;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>
/// The shapes (type names and property names) of the objects of one message, so that the names of a table's columns are written once.
/// </summary>
internal sealed class ShapeTable
{
    private const string DeserializedPrefix = "Deserialized.";
    private const string CustomObjectName = "System.Management.Automation.PSCustomObject";
    private const int MostShapes = 4096;

    private readonly List<Shape> _shapes = [];
    private readonly List<PropertyFrame> _frames = [];
    private int _framesUsed;

    /// <summary>How many shapes and frames there are, to come back to.</summary>
    public (int Shapes, int Frames) Mark => (_shapes.Count, _framesUsed);

    /// <summary>A frame for the properties of one object; frames of nested objects are apart.</summary>
    public PropertyFrame Enter()
    {
        if (_framesUsed == _frames.Count)
        {
            _frames.Add(new PropertyFrame());
        }

        return _frames[_framesUsed++];
    }

    /// <summary>Gives the last frame back.</summary>
    public void Leave() => _frames[--_framesUsed].Clear();

    /// <summary>Forgets what was written since a mark.</summary>
    public void GoBack((int Shapes, int Frames) mark)
    {
        while (_framesUsed > mark.Frames)
        {
            Leave();
        }

        _shapes.RemoveRange(mark.Shapes, _shapes.Count - mark.Shapes);
    }

    /// <summary>The number of the shape of an object, if one was written before; else -1.</summary>
    public int Find(PropertyFrame frame, Collection<string> types, bool isCustom)
    {
        // Newest first: the rows of a table follow each other.
        for (int i = _shapes.Count - 1; i >= 0; i--)
        {
            if (_shapes[i].Matches(frame, types, isCustom))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Writes a shape, which has the next number from now on: an array of type names, an array of property names.</summary>
    public void Define(ref MessagePackWriter writer, PropertyFrame frame, Collection<string> types, bool isCustom)
    {
        if (isCustom && IsPlain(types))
        {
            writer.WriteArrayHeader(0);
        }
        else
        {
            writer.WriteArrayHeader(types.Count);
            foreach (string type in types)
            {
                writer.Write(isCustom || type.StartsWith(DeserializedPrefix, StringComparison.Ordinal) ? type : DeserializedPrefix + type);
            }
        }

        writer.WriteArrayHeader(frame.Count);
        for (int i = 0; i < frame.Count; i++)
        {
            writer.Write(frame.Name(i));
        }

        // The reader numbers every definition; those beyond the limit are just never referred to.
        if (_shapes.Count < MostShapes)
        {
            _shapes.Add(new Shape([.. types], frame.Names(), isCustom));
        }
    }

    /// <summary>Whether these are the type names of every PSCustomObject.</summary>
    private static bool IsPlain(Collection<string> types) => types.Count == 2 && types[0] == CustomObjectName && types[1] == "System.Object";

    private sealed class Shape(string[] types, string[] names, bool isCustom)
    {
        public bool Matches(PropertyFrame frame, Collection<string> otherTypes, bool otherIsCustom)
        {
            if (names.Length != frame.Count || types.Length != otherTypes.Count || isCustom != otherIsCustom)
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

            for (int i = 0; i < types.Length; i++)
            {
                if (!string.Equals(types[i], otherTypes[i], StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
