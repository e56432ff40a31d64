using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>Runs the examples of all pages and topics once, in sessions of the host, in a folder for shared objects of their own.</summary>
public sealed partial class PageExamples
{
    /// <summary>What the output of an example that failed ends with, before what went wrong.</summary>
    internal const string Failed = "@@failed ";

    private const int Sessions = 2;
    private const string Mark = "@@example ";
    private readonly Lazy<Dictionary<string, string>> _outputs = new(RunAll);

    /// <summary>What an example showed; with an error, what this said.</summary>
    /// <param name="key">The page's name and the example's number from 1.</param>
    public string Output(string key) => _outputs.Value.GetValueOrDefault(key, Failed + "It did not run.");

    /// <summary>The code to run, by the keys of <see cref="Output"/>.</summary>
    internal static IEnumerable<(string Key, string Code)> All() =>
    [
        .. HelpPages.Names.SelectMany(name => HelpPages.Page(name).Examples.Select((example, i) => (Key: $"{name} {i + 1}", Example: example)))
            .Where(e => e.Example.Marks.Length == 0).Select(e => (e.Key, e.Example.Code)),
        .. HelpPages.Topics.SelectMany(name => HelpPages.CodeOf(HelpPages.Text("about", name)).Select((code, i) => ($"{name} {i + 1}", code))),
    ];

    private static Dictionary<string, string> RunAll()
    {
        (string Key, string Code)[] all = [.. All()];
        var outputs = new Dictionary<string, string>();
        Parallel.For(0, Sessions, part =>
        {
            string shown = Run(all.Where((_, i) => i % Sessions == part));
            lock (outputs)
            {
                foreach (Match match in Shown().Matches(shown))
                {
                    outputs[match.Groups["key"].Value] = match.Groups["output"].Value;
                }
            }
        });
        return outputs;
    }

    private static string Run(IEnumerable<(string Key, string Code)> examples)
    {
        using var folder = new TemporaryFolder();
        var script = new StringBuilder("$ErrorActionPreference = 'Stop'\n");
        foreach ((string key, string code) in examples)
        {
            // No example sees what another one made, but for the warm workers of the session's own pool, which it does not list.
            if (code.Contains("Get-IpcObject", StringComparison.Ordinal) || code.Contains("Get-ProcessPool", StringComparison.Ordinal))
            {
                script.Append("Get-ProcessPool | Remove-ProcessPool -Force\n");
            }

            script.Append(CultureInfo.InvariantCulture, $"'{Mark}{key}'\ntry {{ & {{\n{code}\n}} | Out-String -Width 100 }} catch {{ \"{Failed}$($_.InvocationInfo.Line.Trim()): $_\" }}\n");
            script.Append("Get-IpcProcess | Remove-IpcProcess -Force; Get-ProcessPool | Where-Object -Not IsDefault | Remove-ProcessPool -Force; Get-IpcObject | Where-Object Kind -NotIn Pool, Worker, Process | Remove-IpcObject\n");
        }

        string path = Path.Combine(folder.Path, "examples.ps1");
        File.WriteAllText(path, script.ToString());
        var start = new ProcessStartInfo(TestPaths.Host, [path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PSIPC_DIRECTORY"] = Directory.CreateDirectory(Path.Combine(folder.Path, "objects")).FullName;
        start.Environment["NO_COLOR"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", errors.Result);
        return output;
    }

    [GeneratedRegex(@"^@@example (?<key>.*)\n(?<output>(?:(?!@@example ).*\n?)*)", RegexOptions.Multiline)]
    private static partial Regex Shown();
}
