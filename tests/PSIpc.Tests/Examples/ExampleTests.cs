using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>Every script in docs/examples runs to its end.</summary>
[Trait("Tier", "Long")]
public sealed class ExampleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Arguments of examples that otherwise take long.</summary>
    private static readonly Dictionary<string, string[]> Arguments = new() { ["quickstart.ps1"] = ["-Folder", Path.Combine(TestPaths.Repository, "docs")] };

    public static TheoryData<string> Scripts =>
        new(Directory.GetFiles(Path.Combine(TestPaths.Repository, "docs", "examples"), "*.ps1").Select(p => Path.GetFileName(p)));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void An_example_runs(string script) => Assert.NotEmpty(Run(script, Arguments.GetValueOrDefault(script, [])));

    [Fact]
    public void Clients_that_come_when_there_is_nothing_left_to_do_are_told_so()
    {
        _ = PythonProgram.Required;
        Assert.StartsWith("1 results from 3 clients", Run("python-clients.ps1", "-Jobs", "1"), StringComparison.Ordinal);
    }

    /// <summary>What an example writes; one that fails, or hangs, fails the test with it.</summary>
    private static string Run(string script, params string[] arguments)
    {
        string path = Path.Combine(TestPaths.Repository, "docs", "examples", script);
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, [path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(Limit);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        string written = $"{output.Result}\n{error.Result}";
        Assert.True(ended, $"It does not end after: {written}");
        Assert.True(process.ExitCode == 0, written);
        return output.Result;
    }
}
