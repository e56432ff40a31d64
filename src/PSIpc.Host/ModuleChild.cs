using System.Reflection;

namespace PSIpc.Host;

/// <summary>
/// This program as a child process that the module started. It calls the module's entry point, which opens a session of its own. No console session is
/// opened first, so a child starts sooner than by <c>-Command</c>.
/// </summary>
internal static class ModuleChild
{
    /// <summary>The first of the three arguments: the method and the name of the link to the parent follow.</summary>
    public const string Switch = "-Serve";

    /// <summary>Serves the parent. The method usually ends the process itself.</summary>
    /// <exception cref="MissingMethodException">The module has no such entry point.</exception>
    public static void Serve(string manifest, string entry, string link)
    {
        // LoadFrom, as Import-Module loads it: a script that imports the module gets this same assembly.
        MethodInfo method = Assembly.LoadFrom(Path.Combine(Path.GetDirectoryName(manifest)!, "PSIpc.dll"))
            .GetType("PSIpc.IpcWorker")?.GetMethod(entry, BindingFlags.Public | BindingFlags.Static, [typeof(string)])
            ?? throw new MissingMethodException("PSIpc.IpcWorker", entry);
        method.CreateDelegate<Action<string>>()(link);
    }
}
