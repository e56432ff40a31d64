using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>A package of the module, which several tests look at.</summary>
public sealed class BuiltPackage : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<string> _path;

    public BuiltPackage() => _path = new Lazy<string>(() => Build(_folder.Path));

    /// <summary>The file; built at the first use.</summary>
    public string FullPath => _path.Value;

    public void Dispose() => _folder.Dispose();

    /// <summary>Builds a package in a folder; returns its file.</summary>
    internal static string Build(string destination)
    {
        string script = Path.Combine(TestPaths.Repository, "tools", "New-ModulePackage.ps1");
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, [script, "-Destination", destination]) { RedirectStandardOutput = true })!;
        string path = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return path;
    }
}
