namespace PSIpc.Host;

/// <summary>The folders that PowerShell looks for modules in.</summary>
internal static class ModulePath
{
    private const string Variable = "PSModulePath";

    /// <summary>
    /// Puts the folder that holds the module's own first, so that <c>Import-Module PSIpc</c> finds this very module here and in child processes.
    /// </summary>
    public static void Include(string manifest)
    {
        string? folder = Path.GetDirectoryName(manifest);
        string? parent = Path.GetDirectoryName(folder);
        if (parent is null || Path.GetFileName(folder) != Path.GetFileNameWithoutExtension(manifest))
        {
            return;
        }

        string current = Environment.GetEnvironmentVariable(Variable) ?? "";
        if (!current.Split(Path.PathSeparator).Contains(parent))
        {
            Environment.SetEnvironmentVariable(Variable, current.Length == 0 ? parent : parent + Path.PathSeparator + current);
        }
    }
}
