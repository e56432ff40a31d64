using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>The Pester tests, in a real PowerShell, where there is one.</summary>
public sealed class PesterSuite
{
    [Fact]
    public void Pester_tests_pass_in_pwsh()
    {
        Assert.SkipUnless(Run("exit ((Get-Module -ListAvailable Pester | Where-Object { $_.Version.Major -ge 5 }) ? 0 : 1)", out _) == 0, "pwsh with Pester 5 is not on this machine");
        string folder = Path.Combine(TestPaths.Repository, "tests", "Pester");
        int failed = Run($"Import-Module Pester -MinimumVersion 5.0; $r = Invoke-Pester '{folder}' -PassThru; exit ($r.TotalCount -eq 0 ? 99 : $r.FailedCount)", out string output);
        Assert.True(failed == 0, output);
    }

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

    private static int Run(string command, out string output)
    {
        var start = new ProcessStartInfo("pwsh", ["-NoProfile", "-NonInteractive", "-Command", command]) { RedirectStandardOutput = true };
        start.Environment["PSIPC_MODULE"] = TestPaths.Module;
        start.Environment.Remove("PSIPC_PROGRAM");
        try
        {
            using Process process = Process.Start(start)!;
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            output = "";
            return -1;
        }
    }
}
