using System.Globalization;
using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace PSIpc.Pester;

/// <summary>The Pester tests of tests/Pester. Each <c>It</c> is a row; all its sets of data count as one.</summary>
[TestCaseOrderer(typeof(StartFiles))]
public sealed class PesterTests
{
    private static readonly string Folder = Path.GetFullPath(typeof(PesterTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestFolder").Value!);
    private static PesterRun? _run;

    public static IEnumerable<TheoryDataRow<string, int>> Rows() => PesterFile.In(Folder).SelectMany(path => PesterFile.Tests(path).Select(test =>
        new TheoryDataRow<string, int>(Path.GetFileName(path), test.Line) { TestDisplayName = $"{Path.GetFileName(path)}: {test.Name}" }));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task It(string file, int line)
    {
        FileResult result = await _run!.ResultOf(Path.Combine(Folder, file));
        TestResult[] tests = [.. result.Tests.Where(t => t.Line == line)];
        // The time that xunit measures is that of waiting for the file.
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Pester took {tests.Sum(t => t.Duration):F3} s"));
        string failures = string.Join("\n\n", tests.Where(t => t.Result is not ("Passed" or "Skipped")).Select(t => $"{t.Name}: {t.Result}\n{t.Message}").Concat(result.Errors));
        Assert.True(failures.Length == 0, failures);
        Assert.True(tests.Length > 0, "The test did not run.");
        if (tests.All(t => t.Result == "Skipped"))
        {
            string condition = PesterFile.Tests(Path.Combine(Folder, file)).First(t => t.Line == line).SkipCondition ?? "";
            Assert.Skip(tests[0].Message is { Length: > 0 } reason ? reason.Split('\n')[0] : $"The condition of its -Skip holds: {condition}");
        }
    }

    /// <summary>Knows which rows are going to run, and starts the files that they need.</summary>
    private sealed class StartFiles : ITestCaseOrderer
    {
        public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
            where TTestCase : ITestCase
        {
            // A runner that does not enumerate the rows beforehand runs all of them as one test case.
            string[] files = [.. testCases.OfType<XunitTestCase>().Where(c => c.TestMethodArguments.Length > 0).Select(c => Path.Combine(Folder, (string)c.TestMethodArguments[0]!)).Distinct()];
            _run = PesterRun.Start(files.Length > 0 ? files : [.. PesterFile.In(Folder)]);
            return testCases;
        }
    }
}
