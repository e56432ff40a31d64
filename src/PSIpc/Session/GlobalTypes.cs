using System.Management.Automation;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// The classes and enums of a session's global scope, and what names of types mean there. There is no public way to remove one; seen in PowerShell 7.4 to 7.6. Without one of these members, classes of a call
/// stay visible for later calls that name none of the same name.
/// </summary>
internal static class GlobalTypes
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly PropertyInfo? State = typeof(SessionState).GetProperty("Internal", Any);
    private static readonly PropertyInfo? GlobalScope = State?.PropertyType.GetProperty("GlobalScope", Any);
    private static readonly PropertyInfo? Table = GlobalScope?.PropertyType.GetProperty("TypeTable", Any);
    private static readonly PropertyInfo? Resolution = GlobalScope?.PropertyType.GetProperty("TypeResolutionState", Any);
    private static readonly MethodInfo? WithTypes = Resolution?.PropertyType.GetMethod("CloneWithAddTypesDefined", Any, [typeof(IEnumerable<string>)]);

    /// <summary>Notes types by their names.</summary>
    public static void Find(SessionState session, IEnumerable<string> names, Dictionary<string, Type> types)
    {
        foreach (string name in names)
        {
            if (Of(session)?.TryGetValue(name, out Type? type) == true)
            {
                types[name] = type;
            }
        }
    }

    /// <summary>Adds types.</summary>
    public static void Add(SessionState session, Dictionary<string, Type> types)
    {
        foreach ((string name, Type type) in types)
        {
            if (Of(session) is { } table)
            {
                table[name] = type;
            }
        }
    }

    /// <summary>Removes types.</summary>
    public static void Remove(SessionState session, Dictionary<string, Type> types)
    {
        foreach ((string name, Type type) in types)
        {
            if (Of(session) is { } table && table.GetValueOrDefault(name) == type)
            {
                table.Remove(name);
            }
        }
    }

    /// <summary>Takes back the using statements of the scope; false where that is not possible.</summary>
    public static bool TryResetUsings(SessionState session)
    {
        Resolution?.SetValue(ScopeOf(session), null);
        return Resolution is not null;
    }

    /// <summary>
    /// Marks the names of the scope's types: the engine caches what names such as <c>[List[Point]]</c> mean by the namespaces and the names of classes around them, not by the classes.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="names">The names of the classes, and a text that no other definitions have.</param>
    public static void Distinguish(SessionState session, string[] names)
    {
        if (WithTypes is not null)
        {
            object? scope = ScopeOf(session);
            Resolution!.SetValue(scope, WithTypes.Invoke(Resolution.GetValue(scope), [names]));
        }
    }

    private static object? ScopeOf(SessionState session) => GlobalScope!.GetValue(State!.GetValue(session));

    private static Dictionary<string, Type>? Of(SessionState session) => Table?.GetValue(ScopeOf(session)) as Dictionary<string, Type>;
}
