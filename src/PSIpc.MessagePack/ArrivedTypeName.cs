using System.Collections.Concurrent;

namespace PSIpc.MessagePack;

/// <summary>
/// The names of types that an object brings. Views, script properties and methods of the session go by them, and the sender chose them: one that is a .NET type's becomes
/// <c>Deserialized.</c>, as PowerShell's own reader names it; a name that a script made up stays.
/// </summary>
internal static class ArrivedTypeName
{
    private const string Prefix = "Deserialized.";
    private const int MostKnown = 4096;

    private static readonly ConcurrentDictionary<string, string> Known = new(StringComparer.Ordinal);

    // A name that is nobody's now is one of a type as soon as its assembly or script is loaded.
    static ArrivedTypeName() => AppDomain.CurrentDomain.AssemblyLoad += static (_, _) => Known.Clear();

    /// <summary>The name under which an object arrives.</summary>
    /// <param name="name">The name that its sender gave.</param>
    public static string Of(string name)
    {
        if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || name is "System.Management.Automation.PSCustomObject" or "System.Object")
        {
            return name;
        }

        if (!Known.TryGetValue(name, out string? arrived))
        {
            arrived = IsType(name) ? Prefix + name : name;
            if (Known.Count < MostKnown)
            {
                Known[name] = arrived;
            }
        }

        return arrived;
    }

    /// <summary>Whether a name is or may be that of a .NET type, or one that the engine derives from it, as <c>System.Management.ManagementObject#root\cimv2\Win32_Process</c>.</summary>
    private static bool IsType(string name)
    {
        int derived = name.IndexOf('#', StringComparison.Ordinal);
        string type = derived < 0 ? name : name[..derived];

        // The engine extends types of its own and .NET's that are not loaded yet, too; and names with arguments would load assemblies.
        return type.StartsWith("System.", StringComparison.OrdinalIgnoreCase) || type.StartsWith("Microsoft.", StringComparison.OrdinalIgnoreCase) || type.AsSpan().IndexOfAny("[],") >= 0
            || (type.Length > 0 && AppDomain.CurrentDomain.GetAssemblies().Any(a => a.GetType(type, throwOnError: false, ignoreCase: true) is not null));
    }
}
