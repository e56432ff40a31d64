using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>Commands and parameters that texts for users name are there.</summary>
public sealed partial class DocumentedCommandTests
{
    public static TheoryData<string> Texts => new(HelpPages.AllTexts.Select(p => Path.GetRelativePath(TestPaths.Repository, p)));

    [Theory]
    [MemberData(nameof(Texts))]
    public void Commands_in_code_have_the_parameters_that_they_are_given(string path)
    {
        foreach (string code in AllCode().Matches(Read(path)).Select(m => m.Groups["code"].Value))
        {
            ScriptBlockAst script = Parser.ParseInput(code, out _, out ParseError[] errors);
            Assert.Empty(errors.Select(e => $"{e.Message} in {code}"));
            foreach (CommandAst command in script.FindAll(a => a is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
            {
                Check(command.GetCommandName(), command.CommandElements.OfType<CommandParameterAst>().Select(p => p.ParameterName));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Commands_and_parameters_in_sentences_are_there(string path)
    {
        string text = AllFences().Replace(Read(path), "");
        foreach (Match code in InlineCode().Matches(text))
        {
            Match command = CommandWithParameters().Match(code.Value);
            if (command.Success)
            {
                Check(command.Groups["name"].Value, command.Groups["parameter"].Captures.Select(c => c.Value));
            }
            else if (LoneParameter().Match(code.Value) is { Success: true } lone && !IsOfAnotherProgram(lone.Groups["parameter"].Value))
            {
                string parameter = lone.Groups["parameter"].Value;
                Assert.True(HelpPages.Cmdlets.Values.Any(c => c.Parameters.ContainsKey(parameter)), $"No cmdlet has a parameter -{parameter}.");
            }
        }
    }

    [Fact]
    public void Each_environment_variable_that_the_source_names_is_explained()
    {
        string[] sources = Directory.GetFiles(Path.Combine(TestPaths.Repository, "src"), "*.cs", SearchOption.AllDirectories);
        string[] variables = [.. sources.SelectMany(p => EnvironmentVariable().Matches(File.ReadAllText(p))).Select(m => m.Groups["name"].Value).Distinct()];
        Assert.Contains("PSIPC_DIRECTORY", variables);
        Assert.All(variables, v => Assert.Contains($"| {v} |", HelpPages.Text("about", "about_PSIpc"), StringComparison.Ordinal));
    }

    // Parameters of Import-Module, pwsh and the like, which the texts mention too.
    private static bool IsOfAnotherProgram(string parameter) => parameter is "Command" or "First" or "ErrorAction" or "Verbose" or "EncodedCommand" or "Parallel" or "ThrottleLimit" or "TimeoutSeconds" or "Debug";

    private static void Check(string? command, IEnumerable<string> parameters)
    {
        if (command is null || !OurNoun().IsMatch(command))
        {
            return;
        }

        Assert.True(HelpPages.Cmdlets.TryGetValue(command, out CmdletInfo? cmdlet), $"There is no {command}.");
        foreach (string parameter in parameters)
        {
            Assert.True(
                cmdlet.Parameters.Values.Any(p => p.Name.Equals(parameter, StringComparison.OrdinalIgnoreCase) || p.Aliases.Contains(parameter, StringComparer.OrdinalIgnoreCase)),
                $"{command} has no parameter -{parameter}.");
        }
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(TestPaths.Repository, path));

    [GeneratedRegex(@"^```powershell[^\n]*\n(?<code>[\s\S]*?)\n```", RegexOptions.Multiline)]
    private static partial Regex AllCode();

    [GeneratedRegex(@"^```[\s\S]*?^```", RegexOptions.Multiline)]
    private static partial Regex AllFences();

    [GeneratedRegex(@"""(?<name>PSIPC_[A-Z_]+)""")]
    private static partial Regex EnvironmentVariable();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^`(?<name>[A-Z]\w+-[A-Z]\w+)( (?:\S+ )*?-(?<parameter>[A-Z]\w+))*")]
    private static partial Regex CommandWithParameters();

    [GeneratedRegex(@"^`-(?<parameter>[A-Z]\w+)")]
    private static partial Regex LoneParameter();

    [GeneratedRegex(@"^\w+-(Ipc\w+|Shared\w+|CStruct|Native\w+|ProcessPool\w*)$")]
    private static partial Regex OurNoun();
}
