using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>The Pester tests cover the whole surface of the module. The project PSIpc.Pester runs them.</summary>
public sealed class PesterCoverageTests
{
    [Fact]
    public void Each_cmdlet_has_its_file_which_uses_it()
    {
        string folder = Path.Combine(TestPaths.Repository, "tests", "Pester");
        Assert.All(HelpPages.Cmdlets.Keys, name =>
        {
            string path = Path.Combine(folder, name + ".Tests.ps1");
            Assert.True(File.Exists(path), $"{name} has no file in tests/Pester.");
            Assert.Contains(name, string.Join('\n', File.ReadLines(path).Where(line => !line.StartsWith("Describe", StringComparison.Ordinal))), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Each_parameter_of_a_cmdlet_is_used_in_its_file()
    {
        string folder = Path.Combine(TestPaths.Repository, "tests", "Pester");
        Assert.All(HelpPages.Cmdlets.Values, cmdlet => Assert.Empty(
            cmdlet.Parameters.Values.Where(p => !Cmdlet.CommonParameters.Contains(p.Name) && !IsPassed(p.Name, cmdlet)).Select(p => $"{cmdlet.Name} -{p.Name}")));

        // By name, or by position or from the pipeline, where it can be.
        bool IsPassed(string parameter, CmdletInfo cmdlet) =>
            Regex.IsMatch(File.ReadAllText(Path.Combine(folder, cmdlet.Name + ".Tests.ps1")), $@"-{parameter}\b")
            || cmdlet.ParameterSets.SelectMany(set => set.Parameters).Any(p => p.Name == parameter && (p.Position >= 0 || p.ValueFromPipeline));
    }
}
