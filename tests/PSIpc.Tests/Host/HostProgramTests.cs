using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Tests;

/// <summary>The psipc program, started as users start it: PowerShell's own behavior, with the module imported.</summary>
public sealed partial class HostProgramTests
{
    private const int SigInt = 2;

    [Theory]
    [InlineData(7, "exit 7", "")]
    [InlineData(1, "throw 'bad'", "bad")]
    [InlineData(0, "Get-Nothing; 'goes on'", "Get-Nothing")]
    public void Exit_code_and_error_stream_tell_how_a_command_ended(int code, string command, string error)
    {
        Result result = Run("", "-NoProfile", "-Command", command);
        Assert.Equal(code, result.Code);
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Script_file_receives_its_arguments_as_parameters()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "args.ps1");
        File.WriteAllText(script, "param($Name, [switch] $Loud, $Rest) \"$Name $Loud $Rest $PSScriptRoot\"; exit 5");
        Result result = Run("", "-File", script, "-Name", "bob", "-Loud", "extra");
        Assert.Equal((5, $"bob True extra {folder.Path}"), (result.Code, result.Output.Trim()));
    }

    [Fact]
    public void Start_leaves_no_startup_profile_to_pwsh()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, Run("", s => s.Environment["XDG_CACHE_HOME"] = folder.Path, "-NoProfile", "-NonInteractive", "-Command", "1 | Out-String").Code);
        Assert.Empty(Directory.GetFiles(folder.Path, "StartupProfileData*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Script_text_is_read_from_standard_input() =>
        Assert.Contains("6", Run("\"$(2 * 3)\"\n", "-NoProfile", "-Command", "-").Output, StringComparison.Ordinal);

    [Fact]
    public void Module_and_the_built_in_cmdlets_are_there_in_workers_and_children_too()
    {
        Result result = Run("", "-NoProfile", "-Command", """
            Write-Output (Get-Module PSIpc).Name
            3..1 | Invoke-ProcessPool { Start-Sleep 0; $_ } -ThrottleLimit 1 | Sort-Object | Select-Object -First 2
            Start-IpcProcess { Import-Module PSIpc; (Get-Module PSIpc).ModuleBase -eq $args[0] } -ArgumentList (Get-Module PSIpc).ModuleBase | Receive-IpcProcess -Wait
            """);
        Assert.Equal("PSIpc 1 2 True", string.Join(' ', result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("/no/such/script.ps1")]
    [InlineData("-Command")]
    public void Invalid_command_line_is_an_error(string word)
    {
        Result result = Run("", word);
        Assert.Equal(64, result.Code);
        Assert.NotEmpty(result.Error + result.Output);
    }

    [Fact]
    public void Missing_module_is_an_error_that_names_the_remedy()
    {
        Result result = Run("", start => start.Environment["PSIPC_MODULE"] = "/no/such/module.psd1", "-NoProfile", "-Command", "1");
        Assert.Equal(78, result.Code);
        Assert.Contains("PSIPC_MODULE", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupt_stops_the_script_and_runs_its_finally_block()
    {
        using Process process = Start(null, "-NoProfile", "-Command", "try { 'up'; Start-Sleep 600 } finally { [Console]::WriteLine('cleaned up') }");
        Assert.Equal("up", process.StandardOutput.ReadLine());
        Assert.Equal(0, Kill(process.Id, SigInt));
        string rest = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Contains("cleaned up", rest, StringComparison.Ordinal);
    }

    private static Result Run(string input, params string[] words) => Run(input, null, words);

    private static Result Run(string input, Action<ProcessStartInfo>? configure, params string[] words)
    {
        using Process process = Start(configure, words);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    private static Process Start(Action<ProcessStartInfo>? configure, params string[] words)
    {
        var start = new ProcessStartInfo(TestPaths.Host, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NO_COLOR"] = "1", ["TERM"] = "dumb" },
        };
        configure?.Invoke(start);
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private sealed record Result(int Code, string Output, string Error);
}
