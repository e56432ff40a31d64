using System.Reflection;
using System.Text.RegularExpressions;

namespace PSIpc.MessagePack;

/// <summary>The classes and enums that scripts of this process have defined, by their names.</summary>
internal static partial class ScriptTypes
{
    private const string AssemblyName = "PowerShell Class Assembly";

    /// <summary>Whether an assembly has what scripts define.</summary>
    public static bool Has(Assembly assembly) => assembly.IsDynamic && assembly.GetName().Name == AssemblyName;

    /// <summary>
    /// The type of a name that was defined last; null if there is none. What a nested script block defines has hashes of the block's place before
    /// its name: another block that defines the same is found, too, where none is at the same place; the outermost, whose types a script itself uses.
    /// </summary>
    /// <param name="name">The full name.</param>
    /// <param name="isMeant">Whether a type of the name is meant.</param>
    public static Type? Find(string name, Func<Type, bool> isMeant)
    {
        string plain = Places().Replace(name, "");
        Type? same = null;
        Type? alike = null;
        foreach (Type type in AppDomain.CurrentDomain.GetAssemblies().Where(Has).SelectMany(TypesOf))
        {
            if (type.FullName is { } full && full.EndsWith(plain, StringComparison.Ordinal) && Places().Replace(full, "") == plain && isMeant(type))
            {
                same = full == name ? type : same;
                alike = alike is null || full.Length <= alike.FullName!.Length ? type : alike;
            }
        }

        return same ?? alike;
    }

    private static Type[] TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException)
        {
            return []; // Another thread is defining them.
        }
    }

    [GeneratedRegex("^(<[0-9a-f]+>\\.)+", RegexOptions.IgnoreCase)]
    private static partial Regex Places();
}
