using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>The engine's Get-Help finds the help that the build made, in the host as in pwsh (tests/Pester).</summary>
public sealed class GetHelpTests
{
    private const char Separator = '\u001f';

    [Fact]
    public void Get_Help_shows_what_the_pages_say()
    {
        string[] lines = Run("""
            foreach ($command in Get-Command -Module PSIpc) {
                $help = Get-Help $command.Name -Full
                @($command.Name; $help.Synopsis; @($help.examples.example).Count; @($help.parameters.parameter).Count; @($help.syntax.syntaxItem).Count;
                    @($help.alertSet.alert.Text | Where-Object { $_ }).Count) -join [char]0x1f
            }
            """);
        string[] expected = [.. HelpPages.Names.Select(HelpPages.Page).Select(page => string.Join(
            Separator, page.Name, page.Synopsis, page.Examples.Count, page.Parameters.Count, page.Syntax.Count, page.Notes.Count))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Get_Help_finds_the_topics()
    {
        string[] lines = Run("foreach ($name in " + string.Join(", ", HelpPages.Topics.Select(t => $"'{t}'")) + ") { $help = Get-Help $name; \"$name $($help.Name) $(\"$help\".Contains('LONG DESCRIPTION'))\" }");
        Assert.Equal(HelpPages.Topics.Select(t => $"{t} {t} True"), lines);
    }

    [Fact]
    public void A_parameter_and_the_examples_can_be_asked_for_by_themselves()
    {
        string[] lines = Run("(Get-Help New-IpcQueue -Parameter Capacity).defaultValue; (Get-Help New-IpcQueue -Examples | Out-String).Contains('1..3 | Send-IpcMessage')");
        Assert.Equal(["4194304", "True"], lines);
    }

    private static string[] Run(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, ["-Command", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
