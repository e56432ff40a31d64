using System.Buffers;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>Reads enums: of the same type where this process has it loaded, else a <see cref="DeserializedEnum"/>.</summary>
internal static class EnumReader
{
    private const int MostKnown = 1000;

    private static readonly SearchValues<char> NotInPlainNames = SearchValues.Create("[],*&\\");

    private static readonly ConcurrentDictionary<string, Type?> Known = new(StringComparer.Ordinal);

    // A type that was not there can come, and a script can define its enum again: any new assembly makes all known ones doubtful.
    static EnumReader() => AppDomain.CurrentDomain.AssemblyLoad += static (_, _) => Known.Clear();

    /// <summary>Reads type name, text and number.</summary>
    public static object Read(ObjectReader objects, ref MessagePackReader reader, int count)
    {
        ObjectReader.Require(count == 3);
        string typeName = ObjectReader.ReadText(ref reader);
        string text = ObjectReader.ReadText(ref reader);
        object? number = objects.Read(ref reader);
        ObjectReader.Require(number is sbyte or byte or short or ushort or int or uint or long or ulong);
        Type? type = Find(typeName);
        if (type is not null && Enum.GetUnderlyingType(type) == number!.GetType())
        {
            return Enum.ToObject(type, number);
        }

        var result = new PSObject(new DeserializedEnum(typeName, text, number!));
        result.TypeNames.Clear();
        result.TypeNames.Add("Deserialized." + typeName);
        return result;
    }

    /// <summary>An enum that is loaded already: an enum is data, and nothing is loaded for its name's sake.</summary>
    public static Type? Find(string name)
    {
        if (Known.TryGetValue(name, out Type? known))
        {
            return known;
        }

        // A name with type arguments can name assemblies, which a look-up would load.
        Type? found = null;
        if (!name.AsSpan().ContainsAny(NotInPlainNames))
        {
            foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (assembly.GetType(name, throwOnError: false) is { IsEnum: true } type)
                {
                    found = type;
                }
            }

            found ??= ScriptTypes.Find(name, static t => t.IsEnum);
        }

        if (Known.Count >= MostKnown)
        {
            Known.Clear();
        }

        Known[name] = found;
        return found;
    }
}
