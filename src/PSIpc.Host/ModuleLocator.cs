using System.Reflection;

namespace PSIpc.Host;

/// <summary>Finds the module as it was built: <c>out/PSIpc/PSIpc.psd1</c>.</summary>
internal static class ModuleLocator
{
    /// <summary>The environment variable that names another manifest.</summary>
    public const string Variable = "PSIPC_MODULE";

    /// <summary>The manifest's path; null when there is none.</summary>
    public static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return File.Exists(named) ? Path.GetFullPath(named) : null;
        }

        string? built = typeof(ModuleLocator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == "ModulePath")?.Value;
        return built is not null && File.Exists(built) ? built : FindAbove(AppContext.BaseDirectory);
    }

    private static string? FindAbove(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            string manifest = Path.Combine(at.FullName, "out", "PSIpc", "PSIpc.psd1");
            if (File.Exists(manifest))
            {
                return manifest;
            }
        }

        return null;
    }
}
