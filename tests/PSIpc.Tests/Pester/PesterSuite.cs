using System.ComponentModel;
using System.Diagnostics;

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
