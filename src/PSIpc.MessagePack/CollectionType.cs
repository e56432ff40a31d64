using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Specialized;
using System.Management.Automation;
using System.Numerics;
using System.Security;
using System.Text;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>What a collection's values are, one after the other.</summary>
internal enum CollectionShape
{
    /// <summary>Elements.</summary>
    Sequence,

    /// <summary>Keys and values in turn.</summary>
    Map,

    /// <summary>A constructor's arguments.</summary>
    Tuple,
}

/// <summary>
/// A collection type of the closed list: a generic definition, or a type that is not generic, with element types of a closed list. Bytes that
/// describe it name each by a number, the element types of a definition after it; only enums and script classes are named by text, and looked up
/// among those that are there already.
/// </summary>
/// <param name="Type">The type.</param>
/// <param name="Definition">Which of the list it is.</param>
/// <param name="Descriptor">The bytes that describe it.</param>
/// <param name="HasNames">Whether names are among them.</param>
internal sealed record CollectionType(Type Type, CollectionDefinition Definition, byte[] Descriptor, bool HasNames)
{
    private const int MaxDepth = 8;
    private const int MaxDescriptor = 512;
    private const int MaxName = 200;
    private const int MaxKnown = 1000;
    private const byte FirstKnownValue = 64;
    private const byte NullableCode = 130;
    private const byte NamedCode = 131;

    // By their numbers.
    private static readonly Type[] Elements =
    [
        typeof(object),
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(float), typeof(double), typeof(bool), typeof(char),
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(Guid), typeof(BigInteger),
        typeof(Uri), typeof(Version), typeof(DateOnly), typeof(TimeOnly), typeof(Half), typeof(Int128), typeof(UInt128), typeof(nint), typeof(nuint),
        typeof(PSCredential), typeof(SecureString), typeof(Hashtable), typeof(OrderedDictionary),
    ];

    // By their descriptors; null for one with names, which can stand for other types later. Bounded: a type that was made stays for ever.
    private static readonly ConcurrentDictionary<string, CollectionType?> Known = new(StringComparer.Ordinal);

    /// <summary>The element type of a sequence or an array.</summary>
    public Type Element => Type.IsArray ? Type.GetElementType()! : Type.IsGenericType ? Type.GetGenericArguments()[0] : typeof(object);

    /// <summary>The collection type that a type is; null when it is none of the list, or has keys of another type.</summary>
    public static CollectionType? Of(Type type)
    {
        if (!(type.IsSZArray || CollectionDefinition.Of(type) is not null))
        {
            return null;
        }

        var descriptor = new List<byte>();
        return TryDescribe(type, descriptor, 0) && descriptor.Count <= MaxDescriptor ? Resolve([.. descriptor], namesAreObjects: false) : null;
    }

    /// <summary>The collection type that bytes describe. Throws for bytes that describe none.</summary>
    /// <param name="descriptor">The bytes.</param>
    /// <param name="namesAreObjects">Whether to take Object for each name.</param>
    public static CollectionType Resolve(ReadOnlySpan<byte> descriptor, bool namesAreObjects)
    {
        string key = Encoding.Latin1.GetString(descriptor);
        bool isKnown = Known.TryGetValue(key, out CollectionType? known);
        if (known is not null)
        {
            return known;
        }

        ObjectReader.Require(descriptor.Length is > 0 and <= MaxDescriptor);
        if (!isKnown && Known.Count >= MaxKnown)
        {
            throw new FormatException(Messages.ReasonTooManyTypes.With(MaxKnown));
        }

        ReadOnlySpan<byte> rest = descriptor;
        bool hasNames = false;
        CollectionDefinition? definition = CollectionDefinition.ByNumber(descriptor[0]);
        ObjectReader.Require(definition is not null);
        Type type = Read(ref rest, 0, namesAreObjects, ref hasNames);
        ObjectReader.Require(rest.IsEmpty);
        var resolved = new CollectionType(type, definition!, descriptor.ToArray(), hasNames);

        Known[key] = hasNames ? null : resolved;
        return resolved;
    }

    private static bool TryDescribe(Type type, List<byte> target, int depth)
    {
        if (depth > MaxDepth)
        {
            return false;
        }

        int element = Array.IndexOf(Elements, type);
        if (element >= 0)
        {
            target.Add((byte)element);
            return true;
        }

        if (type.IsSZArray)
        {
            target.Add(CollectionDefinition.ArrayCode);
            DescribeOrObject(type.GetElementType()!, target, depth + 1);
            return true;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            target.Add(NullableCode);
            return TryDescribe(underlying, target, depth + 1);
        }

        if (CollectionDefinition.Of(type) is { } definition)
        {
            return TryDescribe(type, definition, target, depth);
        }

        return TryDescribeNamed(type, target) || TryDescribeKnown(type, target);
    }

    private static bool TryDescribe(Type type, CollectionDefinition definition, List<byte> target, int depth)
    {
        target.Add(definition.Code);
        Type[] arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (i > 0 || !definition.HasKeys)
            {
                DescribeOrObject(arguments[i], target, depth + 1);
            }
            else if (!TryDescribe(arguments[i], target, depth + 1) || ScriptClass.Of(arguments[i]) is not null)
            {
                return false; // Bags do not compare as keys must; and comparing objects of a script's class would run its code.
            }
        }

        return true;
    }

    private static void DescribeOrObject(Type type, List<byte> target, int depth)
    {
        int length = target.Count;
        if (!TryDescribe(type, target, depth))
        {
            target.RemoveRange(length, target.Count - length);
            target.Add(0);
        }
    }

    private static bool TryDescribeNamed(Type type, List<byte> target)
    {
        if (!type.IsEnum && ScriptClass.Of(type) is null)
        {
            return false;
        }

        byte[] name = Encoding.UTF8.GetBytes(type.FullName ?? "");
        if (name.Length is 0 or > MaxName)
        {
            return false;
        }

        target.Add(NamedCode);
        target.Add((byte)name.Length);
        target.AddRange(name);
        return true;
    }

    private static bool TryDescribeKnown(Type type, List<byte> target)
    {
        if (KnownValues.Of(type) is not { } known || known.Type != type)
        {
            return false;
        }

        target.Add((byte)(FirstKnownValue + known.Code));
        return true;
    }

    private static Type Read(ref ReadOnlySpan<byte> rest, int depth, bool namesAreObjects, ref bool hasNames)
    {
        ObjectReader.Require(!rest.IsEmpty && depth <= MaxDepth);
        byte code = rest[0];
        rest = rest[1..];
        if (code < FirstKnownValue)
        {
            ObjectReader.Require(code < Elements.Length);
            return Elements[code];
        }

        if (CollectionDefinition.ByNumber(code) is { } definition)
        {
            var arguments = new Type[definition.ArgumentCount];
            for (int i = 0; i < arguments.Length; i++)
            {
                arguments[i] = Read(ref rest, depth + 1, namesAreObjects, ref hasNames);
            }

            return definition.Make(arguments);
        }

        switch (code)
        {
            case NullableCode:
                return typeof(Nullable<>).MakeGenericType(Read(ref rest, depth + 1, namesAreObjects, ref hasNames));
            case NamedCode:
                hasNames = true;
                string name = ReadName(ref rest);
                return namesAreObjects ? typeof(object) : EnumReader.Find(name) ?? ScriptClass.Find(name)?.Type ?? typeof(object);
            default:
                ObjectReader.Require(code < CollectionDefinition.ArrayCode);
                return KnownValues.ByNumber((byte)(code - FirstKnownValue))?.Type ?? typeof(object);
        }
    }

    private static string ReadName(ref ReadOnlySpan<byte> rest)
    {
        ObjectReader.Require(!rest.IsEmpty && rest[0] is > 0 and <= MaxName && rest[0] < rest.Length);
        string name = KnownValue.TextOf(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return name;
    }
}
