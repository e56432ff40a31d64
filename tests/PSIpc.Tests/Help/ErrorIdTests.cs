using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>Error ids and what the help says of them.</summary>
public sealed partial class ErrorIdTests
{
    // What a user may give by mistake: no name, a name that nothing has, and things that are no objects.
    private static readonly string[] Mistakes = ["'no such name'", "'no-such-name'", "42", "([guid]::Empty)"];

    public static TheoryData<string> Pages => new(HelpPages.Names);

    /// <summary>The ids that about_PSIpc explains, with their categories.</summary>
    internal static Dictionary<string, string> Documented { get; } =
        Explanation().Matches(HelpPages.Text("about", "about_PSIpc")).ToDictionary(m => m.Groups["id"].Value, m => m.Groups["category"].Value);

    [Fact]
    public void Each_kind_of_error_is_explained_with_its_category()
    {
        using var session = new PowerShellSession();
        object?[] kinds = session.RunCleanly(
            "[Enum]::GetValues([PSIpc.Core.IpcErrorKind]) | ForEach-Object { [PSIpc.IpcErrorRecord]::IdOf($_) + ' ' + [PSIpc.IpcErrorRecord]::CategoryOf($_) }");
        Assert.True(kinds.Length > 15);
        Assert.Empty(kinds.Except(Documented.Select(d => $"{d.Key} {d.Value}")));
    }

    [Fact]
    public void So_is_each_id_that_the_source_gives_by_itself()
    {
        string source = string.Concat(Directory.GetFiles(Path.Combine(TestPaths.Repository, "src", "PSIpc"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        (string Id, string Category)[] given = [.. NewRecord().Matches(source).Select(m => (m.Groups["id"].Value, m.Groups["category"].Value))];
        Assert.Contains(given, g => g.Id == "IpcProcessRunning");
        Assert.All(given.Where(g => g.Id != "RemoteError"), g => Assert.Equal(g.Category, Documented.GetValueOrDefault(g.Id)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void What_is_wrong_with_an_argument_is_told_by_an_id_that_the_page_names(string name)
    {
        string[] named = CmdletPageTests.ErrorIdsOf(HelpPages.Text("cmdlets", name));
        foreach (ErrorRecord error in Provoke(name))
        {
            string id = error.FullyQualifiedErrorId.Split(',')[0];

            // What PowerShell itself finds wrong before the cmdlet runs.
            if (error.Exception is not ParameterBindingException)
            {
                Assert.True(named.Contains(id), $"{name} gave {id}, which its page does not name: {error}");
                Assert.Equal(Documented[id], error.CategoryInfo.Category.ToString());
            }
        }
    }

    [GeneratedRegex(@"^- (?<id>\w+) \((?<category>\w+)\): ", RegexOptions.Multiline)]
    private static partial Regex Explanation();

    [GeneratedRegex(@"new ErrorRecord\([^;]*?""(?<id>\w+)"", ErrorCategory\.(?<category>\w+)", RegexOptions.Singleline)]
    private static partial Regex NewRecord();

    private static List<ErrorRecord> Provoke(string name)
    {
        var errors = new List<ErrorRecord>();
        using var session = new PowerShellSession();
        CmdletInfo cmdlet = HelpPages.Cmdlets[name];

        // What makes something would make it by the names that are right: serializers that other tests of this process see.
        string[] mistakes = cmdlet.Verb is "New" or "Register" or "Start" && cmdlet.Noun != "IpcSubscription" ? Mistakes[..1] : Mistakes;
        IEnumerable<string> arguments = cmdlet.ParameterSets.SelectMany(set => set.Parameters).Where(p => p.Position == 0).Select(p => p.Name).Distinct()
            .SelectMany(parameter => mistakes.Select(mistake => $"-{parameter} {mistake}"));
        foreach (string argument in arguments)
        {
            // Whatever else is required, of the right type.
            string others = string.Concat(cmdlet.ParameterSets[0].Parameters.Where(p => p.IsMandatory && p.Position != 0).Select(p => $" -{p.Name} {Plain(p.ParameterType)}"));
            string timeout = cmdlet.Parameters.ContainsKey("Timeout") ? " -Timeout 0.01" : "";
            try
            {
                session.Run($"$null = {name} {argument}{others}{timeout}; Get-IpcProcess | Remove-IpcProcess -Force");
                errors.AddRange(session.Errors);
            }
            catch (RuntimeException e)
            {
                errors.Add(e.ErrorRecord);
            }
        }

        return errors;
    }

    private static string Plain(Type type) => type == typeof(ScriptBlock) ? "{ 1 }"
        : type == typeof(SwitchParameter) ? ""
        : type == typeof(string) || type == typeof(object) ? "text"
        : "1";
}
