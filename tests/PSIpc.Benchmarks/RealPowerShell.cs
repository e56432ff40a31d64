using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>PowerShell as an installation has it, laid out by tools/PowerShell: its assemblies are compiled ahead.</summary>
internal static class RealPowerShell
{
    /// <summary>The program.</summary>
    public static string Path { get; } =
        System.IO.Path.GetFullPath(typeof(RealPowerShell).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PowerShellPath").Value!);
}
