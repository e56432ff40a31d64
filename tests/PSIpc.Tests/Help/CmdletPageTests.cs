using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;
using PSIpc.Help;

namespace PSIpc.Tests;

/// <summary>The pages in docs/cmdlets describe the cmdlets. <c>tools/Update-CmdletHelp.ps1</c> generates syntax and parameters, with the texts of the XML documentation.</summary>
public sealed partial class CmdletPageTests
{
    public static TheoryData<string> Pages => new(HelpPages.Names);

    [Fact]
    public void Each_cmdlet_has_a_page_and_each_page_a_cmdlet() =>
        Assert.Equal(HelpPages.Cmdlets.Keys.Order(StringComparer.Ordinal), HelpPages.Names.Order(StringComparer.Ordinal));

    [Fact]
    public void The_generated_parts_of_the_pages_are_those_of_the_sources()
    {
        using Process tool = Process.Start(new ProcessStartInfo(TestPaths.Host, [Path.Combine(TestPaths.Repository, "tools", "Update-CmdletHelp.ps1"), "-Check"]) { RedirectStandardOutput = true })!;
        string outdated = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        Assert.Equal("", outdated);
        Assert.Equal(0, tool.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_is_complete(string name)
    {
        CmdletPage page = HelpPages.Page(name);
        Assert.DoesNotContain("{{", HelpPages.Text("cmdlets", name), StringComparison.Ordinal);
        Assert.All([page.Synopsis, .. page.Description], text => Assert.EndsWith(".", text, StringComparison.Ordinal));
        Assert.NotEmpty(page.Description);
        Assert.NotEmpty(page.Examples);
        Assert.NotEmpty(page.Inputs);
        Assert.NotEmpty(page.Notes);
        Assert.All(page.Parameters, p => Assert.NotEmpty(p.Description));
        Assert.All(page.Links, link => Assert.True(link.Text.StartsWith("about_", StringComparison.Ordinal) ? HelpPages.Topics.Contains(link.Text) : HelpPages.Names.Contains(link.Text), link.Text));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_has_the_syntax_and_the_outputs_of_its_cmdlet(string name)
    {
        CmdletPage page = HelpPages.Page(name);
        CmdletInfo cmdlet = HelpPages.Cmdlets[name];
        Assert.Equal(cmdlet.ParameterSets.Select(set => $"{name} {set}"), page.Syntax);
        Assert.Equal(cmdlet.OutputType.Select(t => t.Name).DefaultIfEmpty("None"), page.Outputs.Select(o => o.Name));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_has_the_parameters_of_its_cmdlet(string name)
    {
        CmdletInfo cmdlet = HelpPages.Cmdlets[name];
        var expected = cmdlet.Parameters.Values.Where(p => !Cmdlet.CommonParameters.Contains(p.Name)).SelectMany(p => FormsOf(cmdlet, p));
        var found = HelpPages.Page(name).Parameters.SelectMany(p => p.Forms.SelectMany(f => (f.Sets is ["(All)"] ? cmdlet.ParameterSets.Select(s => s.Name) : f.Sets).Select(set =>
            $"{p.Name} {f.Type} in {set}: required {f.IsRequired}, position {f.Position}, pipeline {f.PipelineInput}, wildcards {f.AcceptsWildcards}, aliases {string.Join(' ', f.Aliases)}")));
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_names_only_errors_that_there_are_and_a_timeout_where_there_is_one(string name)
    {
        string[] named = ErrorIdsOf(HelpPages.Text("cmdlets", name));
        Assert.Empty(named.Except(ErrorIdTests.Documented.Keys));
        Assert.Equal(HelpPages.Cmdlets[name].Parameters.ContainsKey("Timeout"), named.Contains("IpcTimeout"));
    }

    /// <summary>The error ids that a page's notes begin with.</summary>
    internal static string[] ErrorIdsOf(string page) =>
        [.. NoteOfErrors().Matches(page[page.IndexOf("\n## NOTES", StringComparison.Ordinal)..]).SelectMany(m => m.Groups["id"].Captures).Select(c => c.Value).Distinct()];

    [GeneratedRegex(@"^- `(?<id>\w+)`(, `(?<id>\w+)`)*: ", RegexOptions.Multiline)]
    private static partial Regex NoteOfErrors();

    private static IEnumerable<string> FormsOf(CmdletInfo cmdlet, ParameterMetadata parameter)
    {
        bool wildcards = parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any();
        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        foreach (CommandParameterSetInfo set in cmdlet.ParameterSets)
        {
            foreach (CommandParameterInfo form in set.Parameters.Where(p => p.Name == parameter.Name))
            {
                string[] pipeline = [.. (string[])[form.ValueFromPipeline ? "ByValue" : "", form.ValueFromPipelineByPropertyName ? "ByPropertyName" : ""]];
                string input = string.Join(", ", pipeline.Where(p => p.Length > 0));
                yield return $"{parameter.Name} {type.Name} in {set.Name}: required {form.IsMandatory}, position {(form.Position < 0 ? "Named" : form.Position)}, "
                    + $"pipeline {(input.Length > 0 ? $"True ({input})" : "False")}, wildcards {wildcards}, aliases {string.Join(' ', parameter.Aliases)}";
            }
        }
    }
}
