using System.Collections;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Numerics;
using CsCheck;

namespace PSIpc.Tests;

/// <summary>Random objects as PowerShell users make them, and whether two of them are the same.</summary>
internal static class RandomGraph
{
    private const int Deepest = 4;

    private static readonly Gen<string> Text = Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.Char['\u00C0', '\u02AF'], Gen.Char['\u4E00', '\u4EFF'], Gen.Char[' ', '~']), 0, 40];

    private static readonly Gen<string> Name = Gen.String[Gen.Char['a', 'z'], 1, 8];

    /// <summary>What JSON has a form of its own for.</summary>
    private static readonly Gen<object?> JsonLeaf = Gen.OneOf(
        Gen.Const((object?)null),
        Gen.Bool.Select(v => (object?)v),
        Gen.Int.Select(v => (object?)v),
        Gen.Long.Select(v => v is >= int.MinValue and <= int.MaxValue ? (object?)(int)v : v),
        Gen.Double.Where(double.IsFinite).Select(v => (object?)v),
        Text.Select(v => (object?)v));

    /// <summary>What keeps its type in CliXml too.</summary>
    private static readonly Gen<object?> CommonLeaf = Gen.OneOf(
        JsonLeaf,
        Gen.Byte.Select(v => (object?)v),
        Gen.SByte.Select(v => (object?)v),
        Gen.Short.Select(v => (object?)v),
        Gen.UShort.Select(v => (object?)v),
        Gen.UInt.Select(v => (object?)v),
        Gen.ULong.Select(v => (object?)v),
        Gen.Long.Select(v => (object?)v),
        Gen.Float.Select(v => (object?)v),
        Gen.Decimal.Select(v => (object?)v),
        Gen.Guid.Select(v => (object?)v),
        Gen.Char['a', 'z'].Select(v => (object?)v),
        Gen.TimeSpan.Select(v => (object?)v),
        Gen.DateTime.Select(v => (object?)DateTime.SpecifyKind(v, DateTimeKind.Utc)),
        Gen.Byte.Array[0, 50].Select(v => (object?)v));

    private static readonly Gen<object?> AnyLeaf = Gen.OneOf(
        CommonLeaf,
        Gen.Byte.Array[1, 30].Select(v => (object?)new BigInteger(v)),
        Gen.DateTimeOffset.Select(v => (object?)v),
        Gen.Int[0, 6].Select(v => (object?)(DayOfWeek)v),
        Gen.Int.Array[0, 20].Select(v => (object?)v),
        Gen.Double.Array[0, 20].Select(v => (object?)v),
        Text.Array[0, 5].Select(v => (object?)v),
        Gen.Int[1, 99].Select(v => (object?)new Version(v, v + 1)),
        Gen.Byte.Array[4].Select(v => (object?)new IPAddress(v)),
        Gen.Byte.Array[16].Select(v => (object?)new IPAddress(v)),
        Gen.Const((object?)DBNull.Value),
        Gen.Select(Gen.Double, Gen.Double, (r, i) => (object?)new Complex(r, i)),
        Gen.Select(Gen.Int, Text, (n, t) => (object?)Tuple.Create(n, t)),
        Gen.Select(Gen.Int, Text, (n, t) => (object?)(n, t)),
        Gen.Int.Array[0, 9].Select(v => (object?)new List<int>(v)),
        Text.Array[0, 5].Select(v => (object?)new List<string>(v)),
        Text.Array[0, 5].Select(v => (object?)new ArrayList(v)),
        Gen.Guid.Array[0, 5].Select(v => (object?)new Collection<Guid>([.. v])),
        Gen.Dictionary(Name, Gen.Int)[0, 5].Select(v => (object?)new SortedDictionary<string, int>(v)),
        Gen.Dictionary(Name, Gen.Int)[0, 5].Select(v => (object?)v));

    /// <summary>Graphs that a serializer keeps as they are.</summary>
    public static Gen<object?> For(string serializer) => serializer switch
    {
        "Json" => Graph(JsonLeaf, Deepest, hasTables: false),
        "CliXml" => Graph(CommonLeaf, Deepest, hasTables: true),
        _ => Graph(AnyLeaf, Deepest, hasTables: true),
    };

    /// <summary>Where two graphs differ; null when they do not. Lists are the same whatever collection holds them.</summary>
    public static string? Difference(object? expected, object? actual, string path = "$")
    {
        (object? a, object? b) = (Plain(expected), Plain(actual));
        if (a is PSCustomObject || b is PSCustomObject)
        {
            return a is PSCustomObject && b is PSCustomObject
                ? Entries(Properties((PSObject)expected!), Properties((PSObject)actual!), path)
                : $"{path}: {a?.GetType().Name ?? "null"} became {b?.GetType().Name ?? "null"}";
        }

        if (a is IDictionary left && b is IDictionary right)
        {
            return left is OrderedDictionary != right is OrderedDictionary ? $"{path}: the order was lost or invented" : Entries(Pairs(left), Pairs(right), path);
        }

        if (a is IList first && b is IList second)
        {
            return first.Count != second.Count
                ? $"{path}: {first.Count} elements became {second.Count}"
                : Enumerable.Range(0, first.Count).Select(i => Difference(first[i], second[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
        }

        return Equals(a, b) && (a is not DateTime time || time.Kind == ((DateTime)b!).Kind) ? null : $"{path}: {Show(a)} became {Show(b)}";
    }

    private static Gen<object?> Graph(Gen<object?> leaf, int depth, bool hasTables)
    {
        if (depth == 0)
        {
            return leaf;
        }

        Gen<object?> inner = Graph(leaf, depth - 1, hasTables);
        var lists = inner.Array[0, 5].Select(items => (object?)items);
        var objects = Gen.Dictionary(Name, inner)[1, 5].Select(d => (object?)ToObject(d));
        var tables = Gen.Dictionary(Name, inner)[0, 5].Select(d => (object?)new Hashtable(d));
        var ordered = Gen.Dictionary(Name, inner)[0, 5].Select(d => (object?)ToOrdered(d));
        return hasTables ? Gen.OneOf(leaf, leaf, lists, objects, tables, ordered) : Gen.OneOf(leaf, leaf, lists, objects);
    }

    private static PSObject ToObject(Dictionary<string, object?> members)
    {
        var result = new PSObject();
        foreach ((string name, object? value) in members)
        {
            result.Properties.Add(new PSNoteProperty(name, value));
        }

        return result;
    }

    private static OrderedDictionary ToOrdered(Dictionary<string, object?> members)
    {
        var result = new OrderedDictionary();
        foreach ((string name, object? value) in members)
        {
            result.Add(name, value);
        }

        return result;
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static (string Key, object? Value)[] Properties(PSObject value) => [.. value.Properties.Select(p => (p.Name, (object?)p.Value))];

    private static (string Key, object? Value)[] Pairs(IDictionary table)
    {
        IEnumerable<(string, object?)> pairs = table.Keys.Cast<string>().Select(k => (k, table[k]));
        return [.. table is OrderedDictionary ? pairs : pairs.OrderBy(p => p.Item1, StringComparer.Ordinal)];
    }

    private static string? Entries((string Key, object? Value)[] expected, (string Key, object? Value)[] actual, string path) =>
        !expected.Select(e => e.Key).SequenceEqual(actual.Select(e => e.Key))
            ? $"{path}: the members {string.Join(",", expected.Select(e => e.Key))} became {string.Join(",", actual.Select(e => e.Key))}"
            : expected.Zip(actual, (e, a) => Difference(e.Value, a.Value, $"{path}.{e.Key}")).FirstOrDefault(d => d is not null);

    private static string Show(object? value) => string.Create(CultureInfo.InvariantCulture, $"{value ?? "null"} ({value?.GetType().Name})");
}
