using System.Collections;
using System.Globalization;
using System.Text;

namespace PSIpc.Tests;

/// <summary>A random C structure: its declaration, and a value of it both for C and for PowerShell.</summary>
internal sealed class RandomStructure
{
    private const int MostMembers = 7;

    private readonly Random _random;
    private readonly IReadOnlyList<RandomStructure> _others;
    private readonly bool _isWindows;
    private readonly StringBuilder _text = new();
    private int _names;

    /// <summary>Makes one that can have others as members.</summary>
    public RandomStructure(Random random, string name, IReadOnlyList<RandomStructure> others, bool isWindows)
    {
        _random = random;
        _others = others;
        _isWindows = isWindows;
        Name = name;
        Kind = random.Next(6) == 0 ? "union" : "struct";
        HasUnion = Kind == "union";
        int pack = random.Next(4) == 0 ? 1 << random.Next(4) : 0;
        _text.Append(pack > 0 ? $"#pragma pack(push, {pack})\n" : "");
        _text.Append(CultureInfo.InvariantCulture, $"{Kind} {name} {{\n");
        (string initializer, Hashtable value) = Members(Kind == "union", depth: 0);
        _text.Append(CultureInfo.InvariantCulture, $"}}{Attributes()};\n");
        _text.Append(pack > 0 ? "#pragma pack(pop)\n" : "");
        Initializer = initializer;
        Value = value;
    }

    public string Name { get; }

    public string Kind { get; }

    public string Declaration => _text.ToString();

    /// <summary>The value as C writes it.</summary>
    public string Initializer { get; }

    /// <summary>The value as PowerShell writes it.</summary>
    public Hashtable Value { get; }

    /// <summary>Whether it has a union, whose members may see bytes that they do not keep.</summary>
    public bool HasUnion { get; private set; }

    /// <summary>Structures in structures in it.</summary>
    public int Depth { get; private set; }

    /// <summary>Members that C gives an offset: those that are no bit fields.</summary>
    public List<string> Offsets { get; } = [];

    private string Attributes() => _random.Next(10) switch
    {
        0 when !_isWindows => " __attribute__((packed))",
        1 => $" __attribute__((aligned({1 << _random.Next(6)})))",
        2 when !_isWindows => " __attribute__((packed, aligned(4)))",
        _ => "",
    };

    private (string Initializer, Hashtable Value) Members(bool isUnion, int depth)
    {
        var initializers = new List<string>();
        var value = new Hashtable();
        int count = _random.Next(1, MostMembers);
        for (int i = 0; i < count; i++)
        {
            var own = new Hashtable();
            // GCC for Windows gives a bit field of a packed union the bytes of its bits, Microsoft's compiler (and we) those of its type.
            bool canBeBitField = !(isUnion && _isWindows);
            string? initializer = depth < 2 && _random.Next(10) == 0 ? Anonymous(own, depth) : canBeBitField && _random.Next(3) == 0 ? BitField(own) : Member(own);
            if (initializer is not null && (!isUnion || initializers.Count == 0))
            {
                initializers.Add(initializer);
                foreach (DictionaryEntry entry in own)
                {
                    value.Add(entry.Key, entry.Value);
                }
            }
        }

        if (initializers.Count == 0)
        {
            initializers.Add(Member(value));
        }

        return (string.Join(", ", initializers), value);
    }

    private string Anonymous(Hashtable value, int depth)
    {
        bool isUnion = _random.Next(2) == 0;
        HasUnion |= isUnion;
        _text.Append(isUnion ? "union {\n" : "struct {\n");
        (string initializer, Hashtable inner) = Members(isUnion, depth + 1);
        _text.Append("};\n");
        foreach (DictionaryEntry entry in inner)
        {
            value.Add(entry.Key, entry.Value);
        }

        return initializer;
    }

    private string? BitField(Hashtable value)
    {
        (string type, int bits, bool isSigned) = Pick<(string, int, bool)>(
            ("int", 32, true), ("unsigned int", 32, false), ("signed char", 8, true), ("uint8_t", 8, false), ("short", 16, true), ("uint16_t", 16, false),
            ("long long", 64, true), ("uint64_t", 64, false), ("bool", 1, false));
        if (_random.Next(6) == 0)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{type} : {(_random.Next(2) == 0 ? 0 : _random.Next(1, bits + 1))};\n");
            return null;
        }

        string name = $"f{_names++}";
        int width = _random.Next(1, bits + 1);
        _text.Append(CultureInfo.InvariantCulture, $"{type} {name} : {width}{(!_isWindows && _random.Next(12) == 0 ? " __attribute__((packed))" : "")};\n");
        long raw = _random.NextInt64(long.MinValue, long.MaxValue);
        object number = isSigned ? raw >> (64 - width) : (ulong)raw >> (64 - width);
        value.Add(name, number);
        return $".{name} = {Literal(number)}";
    }

    private string Member(Hashtable value)
    {
        string name = $"m{_names++}";
        Offsets.Add(name);
        string attributes = _random.Next(12) switch { 0 when !_isWindows => " __attribute__((packed))", 1 => $" __attribute__((aligned({1 << _random.Next(5)})))", _ => "" };
        if (_others.Count > 0 && _random.Next(5) == 0)
        {
            RandomStructure other = _others[_random.Next(_others.Count)];
            bool isArray = _random.Next(2) == 0;
            HasUnion |= other.HasUnion;
            Depth = Math.Max(Depth, other.Depth + 1);
            _text.Append(CultureInfo.InvariantCulture, $"{other.Kind} {other.Name} {name}{(isArray ? "[2]" : "")}{attributes};\n");
            value.Add(name, isArray ? new object[] { other.Value, other.Value } : other.Value);
            return isArray ? $".{name} = {{ {{ {other.Initializer} }}, {{ {other.Initializer} }} }}" : $".{name} = {{ {other.Initializer} }}";
        }

        if (_random.Next(8) == 0)
        {
            string text = new([.. Enumerable.Range(0, _random.Next(8)).Select(_ => (char)_random.Next('a', 'z'))]);
            _text.Append(CultureInfo.InvariantCulture, $"char {name}[{_random.Next(8, 13)}]{attributes};\n");
            value.Add(name, text);
            return $".{name} = \"{text}\"";
        }

        string type = Pick(
            "char", "signed char", "unsigned char", "int8_t", "uint8_t", "short", "unsigned short", "int", "unsigned", "long", "unsigned long", "long long",
            "uint64_t", "float", "double", "void *", "bool", "wchar_t", "char16_t", _isWindows ? "double" : "long double", _isWindows ? "int" : "__int128");
        int[] dimensions = _random.Next(4) switch { 0 => [_random.Next(1, 5)], 1 => [_random.Next(1, 4), _random.Next(1, 4)], _ => [] };
        _text.Append(CultureInfo.InvariantCulture, $"{type} {name}{string.Concat(dimensions.Select(d => $"[{d}]"))}{attributes};\n");
        (string initializer, object given) = Elements(type, dimensions);
        value.Add(name, given);
        return $".{name} = {initializer}";
    }

    private (string Initializer, object Value) Elements(string type, int[] dimensions)
    {
        if (dimensions.Length == 0)
        {
            object number = Number(type);
            return (type == "void *" ? $"(void *){Literal(number)}" : Literal(number), number);
        }

        (string Initializer, object Value)[] items = [.. Enumerable.Range(0, dimensions[0]).Select(_ => Elements(type, dimensions[1..]))];
        return ($"{{ {string.Join(", ", items.Select(i => i.Initializer))} }}", items.Select(i => i.Value).ToArray());
    }

    private object Number(string type) => type switch
    {
        "float" => (object)(float)Math.Round((_random.NextDouble() - 0.5) * 1e6, 3),
        "double" or "long double" => Math.ScaleB(_random.NextDouble() - 0.5, _random.Next(-1000, 1000)),
        "bool" => _random.Next(2) == 0,
        "char" or "signed char" or "int8_t" => _random.Next(1, 128),
        "unsigned char" or "uint8_t" => _random.Next(0, 256),
        "short" => _random.Next(short.MinValue, short.MaxValue),
        "char16_t" or "wchar_t" => _random.Next(1, 0xD800),
        "unsigned short" => _random.Next(0, ushort.MaxValue),
        "int" or "long" => _random.Next(int.MinValue, int.MaxValue),
        "unsigned" or "unsigned long" => _random.NextInt64(0, uint.MaxValue),
        _ => _random.NextInt64(0, long.MaxValue),
    };

    private static string Literal(object number) => number switch
    {
        bool flag => flag ? "1" : "0",
        float or double => Convert.ToDouble(number, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture) is var text && text.AsSpan().ContainsAny(".E") ? text : text + ".0",
        long.MinValue => "(-9223372036854775807LL - 1)",
        ulong large => large.ToString(CultureInfo.InvariantCulture) + "ULL",
        _ => Convert.ToInt64(number, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) + "LL",
    };

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
