using System.Reflection;
using System.Runtime.CompilerServices;

namespace PSIpc.Tests;

/// <summary>Where the module, the host and the repository are; and the program for child processes of this test process.</summary>
internal static class TestPaths
{
    public static string Module { get; } = Metadata("ModulePath");

    public static string Host { get; } = Metadata("HostPath");

    public static string Repository { get; } = Path.GetFullPath(Metadata("RepositoryPath"));

    [ModuleInitializer]
    internal static void Initialize() => Environment.SetEnvironmentVariable("PSIPC_PROGRAM", Host);

    private static string Metadata(string key) => typeof(TestPaths).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == key).Value!;
}
