using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>Every script in docs/examples runs to its end.</summary>
public sealed class ExampleTests
{
    public static TheoryData<string> Scripts =>
        new(Directory.GetFiles(Path.Combine(TestPaths.Repository, "docs", "examples"), "*.ps1").Select(p => Path.GetFileName(p)));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void An_example_runs(string script)
    {
        string path = Path.Combine(TestPaths.Repository, "docs", "examples", script);
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, [path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{output}\n{error.Result}");
        Assert.NotEmpty(output);
    }
}
