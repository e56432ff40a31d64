namespace PSIpc;

/// <summary>
/// How a child's pwsh serves its parent without its console host: the runtime calls <see cref="StartupHook"/> of this assembly before the program's main method. Where the runtime
/// calls no hooks (System.StartupHookProvider.IsSupported is false), the program's command line does the same, later.
/// </summary>
/// <remarks>Source: the design document "Host startup hook" of the .NET runtime.</remarks>
internal static class ChildStartup
{
    /// <summary>The environment variable that tells the hook what to do: a method of <see cref="IpcWorker"/>, a space, and the name of the link.</summary>
    public const string ServeVariable = "PSIPC_SERVE";

    private const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    private static string Hook => typeof(ChildStartup).Assembly.Location;

    /// <summary>Adds the hook to a child's environment, behind the hooks of the user. Not where the path cannot be written in the list.</summary>
    /// <param name="environment">The child's environment.</param>
    /// <param name="entry">The method of <see cref="IpcWorker"/>.</param>
    /// <param name="link">The name of the link.</param>
    public static void AddTo(IDictionary<string, string?> environment, string entry, string link)
    {
        if (Hook.Contains(Path.PathSeparator, StringComparison.Ordinal))
        {
            return;
        }

        environment.TryGetValue(HooksVariable, out string? others);
        environment[HooksVariable] = string.IsNullOrEmpty(others) ? Hook : others + Path.PathSeparator + Hook;
        environment[ServeVariable] = $"{entry} {link}";
    }

    /// <summary>Takes the hook out of this process's environment: programs that its script starts do not get it.</summary>
    /// <returns>The method to call and the name of the link; null if there is none.</returns>
    public static (string Entry, string Link)? TakeAway()
    {
        if (Environment.GetEnvironmentVariable(ServeVariable)?.Split(' ') is not [var entry, var link])
        {
            return null;
        }

        Environment.SetEnvironmentVariable(ServeVariable, null);
        string hooks = Environment.GetEnvironmentVariable(HooksVariable) ?? "";
        if (hooks.EndsWith(Hook, StringComparison.Ordinal))
        {
            string others = hooks[..^Hook.Length].TrimEnd(Path.PathSeparator);
            Environment.SetEnvironmentVariable(HooksVariable, others.Length == 0 ? null : others);
        }

        return (entry, link);
    }
}
