using System.Reflection;

namespace PSIpc.Host;

/// <summary>The module that the program imports.</summary>
internal static class Module
{
    /// <summary>The environment variable that names another copy of the module: its manifest or its folder.</summary>
    public const string OverrideVariable = "PSIPC_MODULE";

    private const string ManifestFile = "PSIpc.psd1";
    private const string ModulePathVariable = "PSModulePath";

    /// <summary>The manifest that the environment names, else the one of the build, else the first <c>out/PSIpc</c> above the program; null if there is none.</summary>
    public static string? FindManifest()
    {
        if (Environment.GetEnvironmentVariable(OverrideVariable) is { Length: > 0 } named)
        {
            string path = Path.GetFullPath(Directory.Exists(named) ? Path.Combine(named, ManifestFile) : named);
            return File.Exists(path) ? path : null;
        }

        return Candidates().FirstOrDefault(File.Exists);
    }

    /// <summary>Puts the module's parent folder first in the module path, so that <c>Import-Module PSIpc</c> finds this copy here and in child processes.</summary>
    public static void AddToModulePath(string manifest)
    {
        string folder = Path.GetDirectoryName(manifest)!;
        string current = Environment.GetEnvironmentVariable(ModulePathVariable) ?? "";
        if (Path.GetFileName(folder) == Path.GetFileNameWithoutExtension(manifest)
            && Path.GetDirectoryName(folder) is { } parent
            && !current.Split(Path.PathSeparator).Contains(parent))
        {
            Environment.SetEnvironmentVariable(ModulePathVariable, current.Length == 0 ? parent : parent + Path.PathSeparator + current);
        }
    }

    private static IEnumerable<string> Candidates()
    {
        if (Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "ModulePath")?.Value is { } built)
        {
            yield return Path.GetFullPath(built);
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "out", "PSIpc", ManifestFile);
        }
    }
}
