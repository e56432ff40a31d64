using System.Reflection;

namespace PSIpc.Host;

/// <summary>Finds the module's manifest.</summary>
internal static class ModuleManifest
{
    private const string FileName = "PSIpc.psd1";
    private const string OverrideVariable = "PSIPC_MODULE";

    /// <summary>
    /// The manifest that the environment names, else the one that the build made, else the first <c>out/PSIpc</c> above the program.
    /// </summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static string Find()
    {
        string? named = Environment.GetEnvironmentVariable(OverrideVariable);
        if (!string.IsNullOrEmpty(named))
        {
            string path = Path.GetFullPath(Directory.Exists(named) ? Path.Combine(named, FileName) : named);
            return File.Exists(path)
                ? path
                : throw new UsageException($"{OverrideVariable} names '{named}', where no module manifest is.");
        }

        return Candidates().FirstOrDefault(File.Exists)
            ?? throw new UsageException(
                $"The PSIpc module was not found. Build the project (dotnet build), or name the module's manifest in {OverrideVariable}.");
    }

    private static IEnumerable<string> Candidates()
    {
        string? built = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == "ModulePath")?.Value;
        if (built is not null)
        {
            yield return Path.GetFullPath(built);
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "out", "PSIpc", FileName);
        }
    }
}
