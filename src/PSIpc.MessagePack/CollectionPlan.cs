using System.Collections;
using System.Reflection;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>
/// How collections of a type are written: a marker with the number of the comparer, the descriptor of the type, then the values. Numbers are one array.
/// </summary>
internal sealed class CollectionPlan(CollectionType type) : TypePlan
{
    private readonly Func<object, Array> _snapshot = SnapshotOf(type);
    private readonly Func<object, object?>[] _parts = PartsOf(type);
    private readonly PropertyInfo? _comparer = type.Definition.HasKeys ? type.Type.GetProperty("Comparer") : null;

    public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
    {
        objects.Enter(value);
        byte comparer = CollectionBuilder.NumberOf(_comparer?.GetValue(value));
        switch (type.Definition.Shape)
        {
            case CollectionShape.Sequence:
                WriteSequence(objects, ref writer, _snapshot(value), comparer, inBag);
                break;
            case CollectionShape.Map:
                WriteMap(objects, ref writer, (IDictionary)value, comparer, inBag);
                break;
            default:
                WriteHead(ref writer, _parts.Length, comparer);
                foreach (Func<object, object?> part in _parts)
                {
                    objects.Write(ref writer, part(value), inBag);
                }

                break;
        }

        objects.Leave();
        return true;
    }

    private void WriteSequence(ObjectWriter objects, ref MessagePackWriter writer, Array items, byte comparer, bool inBag)
    {
        if (NumberArrays.IsOf(type.Element))
        {
            WriteHead(ref writer, 1, comparer);
            NumberArrays.TryWrite(ref writer, items);
            return;
        }

        WriteHead(ref writer, items.Length, comparer);
        foreach (object? item in items)
        {
            objects.Write(ref writer, item, inBag);
        }
    }

    private void WriteMap(ObjectWriter objects, ref MessagePackWriter writer, IDictionary table, byte comparer, bool inBag)
    {
        // Other threads may change one that is made for it.
        var entries = new List<DictionaryEntry>(table.Count);
        foreach (DictionaryEntry entry in table)
        {
            entries.Add(entry);
        }

        WriteHead(ref writer, 2 * entries.Count, comparer);
        foreach (DictionaryEntry entry in entries)
        {
            objects.Write(ref writer, entry.Key, inBag);
            objects.Write(ref writer, entry.Value, inBag);
        }
    }

    private void WriteHead(ref MessagePackWriter writer, int values, byte comparer)
    {
        writer.WriteArrayHeader(2 + values);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Collection, comparer);
        writer.Write(type.Descriptor);
    }

    /// <summary>What copies the elements of a collection, which other threads may be changing.</summary>
    private static Func<object, Array> SnapshotOf(CollectionType type)
    {
        if (type.Type.IsArray)
        {
            return static value => (Array)value;
        }

        if (!type.Type.IsGenericType)
        {
            return type.Definition.IsReversed
                ? static value => ((IEnumerable)value).Cast<object?>().Reverse().ToArray()
                : static value => ((IEnumerable)value).Cast<object?>().ToArray();
        }

        // In the order in which a new one is to take them.
        string method = type.Definition.IsReversed ? nameof(Reversed) : nameof(Copied);
        return typeof(CollectionPlan).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type.Element).CreateDelegate<Func<object, Array>>();
    }

    private static T[] Copied<T>(object value) => ((IEnumerable<T>)value).ToArray();

    private static T[] Reversed<T>(object value)
    {
        T[] items = ((IEnumerable<T>)value).ToArray();
        Array.Reverse(items);
        return items;
    }

    /// <summary>What reads the parts of a tuple, in the order of its constructor's arguments.</summary>
    private static Func<object, object?>[] PartsOf(CollectionType type)
    {
        if (type.Definition.Shape != CollectionShape.Tuple)
        {
            return [];
        }

        string[] names = type.Definition.Type == typeof(KeyValuePair<,>) ? ["Key", "Value"]
            : [.. Enumerable.Range(1, type.Definition.ArgumentCount).Select(static n => n == 8 ? "Rest" : $"Item{n}")];
        return Array.ConvertAll<string, Func<object, object?>>(
            names, name => type.Type.GetField(name) is { } field ? field.GetValue : type.Type.GetProperty(name)!.GetValue);
    }
}

/// <summary>Makes collections of what was read.</summary>
internal static class CollectionBuilder
{
    // By their numbers; 0 is the type's own.
    private static readonly StringComparer?[] Comparers =
    [
        null, StringComparer.OrdinalIgnoreCase, StringComparer.Ordinal, StringComparer.InvariantCultureIgnoreCase, StringComparer.InvariantCulture,
    ];

    private const byte CurrentCultureIgnoreCase = 5;
    private const byte CurrentCulture = 6;

    /// <summary>The number of a comparer; 0 for one that is not on the list.</summary>
    public static byte NumberOf(object? comparer) => comparer is not StringComparer known ? (byte)0
        : Array.IndexOf(Comparers, known) is > 0 and int number ? (byte)number
        : known.Equals(StringComparer.CurrentCultureIgnoreCase) ? CurrentCultureIgnoreCase
        : known.Equals(StringComparer.CurrentCulture) ? CurrentCulture
        : (byte)0;

    /// <summary>Makes a collection. Where an object is not of the type that a name in the descriptor stands for here, its elements are objects.</summary>
    public static object Build(CollectionType type, int comparer, object?[] values)
    {
        try
        {
            return Make(type, comparer, values);
        }
        catch (Exception e) when (type.HasNames && e is InvalidCastException or ArgumentException or MissingMethodException or TargetInvocationException)
        {
            return Make(CollectionType.Resolve(type.Descriptor, namesAreObjects: true), comparer, values);
        }
    }

    private static object Make(CollectionType type, int comparer, object?[] values) => type.Definition.Shape switch
    {
        CollectionShape.Sequence => MakeSequence(type, comparer, ToArray(type.Element, values)),
        CollectionShape.Map => MakeMap(type.Type, comparer, values),
        _ => Create(type.Type, [.. values.Select((value, i) => PlainFor(type.Type.GetGenericArguments().ElementAtOrDefault(i) ?? typeof(object), value))]),
    };

    private static object MakeSequence(CollectionType type, int comparer, Array items)
    {
        Type definition = type.Definition.Type;
        if (type.Type.IsArray)
        {
            return items;
        }

        if (definition == typeof(HashSet<>))
        {
            ArrivedKeys.RequireSpread(items);
        }

        if (definition == typeof(System.Collections.Specialized.StringCollection))
        {
            var texts = new System.Collections.Specialized.StringCollection();
            texts.AddRange(items.Cast<string>().ToArray());
            return texts;
        }

        if (definition == typeof(System.Collections.ObjectModel.Collection<>))
        {
            // It takes a list for its own, and an array could not grow.
            return Create(type.Type, [Create(typeof(List<>).MakeGenericType(type.Element), [items])]);
        }

        return ComparerOf(comparer, type.Element) is { } found ? Create(type.Type, [items, found]) : Create(type.Type, [items]);
    }

    private static object MakeMap(Type type, int comparer, object?[] values)
    {
        ObjectReader.Require(values.Length % 2 == 0);
        bool isPrimitive = type == typeof(System.Management.Automation.PSPrimitiveDictionary);
        Type[] types = type.IsGenericType ? type.GetGenericArguments() : [typeof(object), typeof(object)];
        object?[] arguments = ComparerOf(comparer, types[0]) is { } found ? [found] : [];
        IDictionary table = isPrimitive ? new Hashtable(StringComparer.OrdinalIgnoreCase) : (IDictionary)Create(type, arguments);
        ArrivedKeys.RequireSpread(Enumerable.Range(0, type.Name.StartsWith("Sorted", StringComparison.Ordinal) ? 0 : values.Length / 2).Select(i => values[2 * i]).ToArray());
        for (int i = 0; i < values.Length; i += 2)
        {
            object key = PlainFor(types[0], values[i]) ?? throw new FormatException(Core.Messages.ReasonKeyNull);
            table.Add(key, PlainFor(types[1], values[i + 1]));
        }

        return isPrimitive ? new System.Management.Automation.PSPrimitiveDictionary((Hashtable)table) : table;
    }

    private static StringComparer? ComparerOf(int number, Type element) => element != typeof(string) ? null
        : number < Comparers.Length ? Comparers[number]
        : number == CurrentCultureIgnoreCase ? StringComparer.CurrentCultureIgnoreCase
        : number == CurrentCulture ? StringComparer.CurrentCulture
        : throw new FormatException(Core.Messages.ReasonNotPSIpcStructure);

    private static Array ToArray(Type element, object?[] values)
    {
        if (element == typeof(object))
        {
            return values;
        }

        if (values is [Array numbers] && numbers.GetType().GetElementType() == element && NumberArrays.IsOf(element))
        {
            return numbers;
        }

        bool isValue = element.IsValueType && Nullable.GetUnderlyingType(element) is null;
        var items = Array.CreateInstance(element, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            ObjectReader.Require(!isValue || values[i] is not null);
            items.SetValue(PlainFor(element, values[i]), i);
        }

        return items;
    }

    /// <summary>A value without a wrapper that an element of a type cannot have.</summary>
    private static object? PlainFor(Type element, object? value) =>
        value is System.Management.Automation.PSObject wrapped && element.IsInstanceOfType(wrapped.BaseObject) && element != typeof(object) ? wrapped.BaseObject : value;

    private static object Create(Type type, object?[] arguments) => Activator.CreateInstance(type, arguments)!;
}
