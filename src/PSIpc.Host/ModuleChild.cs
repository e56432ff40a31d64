using System.Reflection;

namespace PSIpc.Host;

/// <summary>
/// This program as a child that the module started: it calls the module's own method, which opens a session by itself. No session is opened before, so a
/// child is there sooner.
/// </summary>
internal static class ModuleChild
{
    private const string Assembly = "PSIpc.dll";
    private const string Class = "PSIpc.IpcWorker";

    /// <summary>Serves the parent; most often the method ends the process itself.</summary>
    /// <param name="manifest">The module's manifest.</param>
    /// <param name="entry">The method.</param>
    /// <param name="arguments">What it is called with: the name of the link to the parent.</param>
    /// <exception cref="UsageException">The module has no such method.</exception>
    public static int Serve(string manifest, string entry, IReadOnlyList<string> arguments)
    {
        ModulePath.Include(manifest);

        // As Import-Module would load it: a script that imports the module gets this very one.
        MethodInfo method = System.Reflection.Assembly.LoadFrom(Path.Combine(Path.GetDirectoryName(manifest)!, Assembly))
            .GetType(Class)?.GetMethod(entry, BindingFlags.Public | BindingFlags.Static, [typeof(string)])
            ?? throw new UsageException($"The module has nothing to serve by: {entry}.");
        if (arguments.Count != 1)
        {
            throw new UsageException("-Serve is for children that the module starts.");
        }

        method.CreateDelegate<Action<string>>()(arguments[0]);
        return ExitCodes.Success;
    }
}
