using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSIpc.Tests;

/// <summary>The psipc program, started as users start it.</summary>
public sealed partial class HostProgramTests
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    [Theory]
    [InlineData(0, "1", "")]
    [InlineData(7, "exit 7", "")]
    [InlineData(1, "throw 'bad'", "bad")]
    [InlineData(0, "Get-Nothing; 'goes on'", "Get-Nothing")]
    public void The_exit_code_says_how_a_command_ended(int code, string command, string error)
    {
        Result result = Run("", "-Command", command);
        Assert.Equal(code, result.Code);
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_gets_its_arguments_as_parameters()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "args.ps1");
        File.WriteAllText(script, "param($Name, [switch] $Loud, $Rest) \"$Name $Loud $Rest $PSScriptRoot\"; exit 5");
        Result result = Run("", script, "-Name", "bob", "-Loud", "extra");
        Assert.Equal((5, $"bob True extra {folder.Path}"), (result.Code, result.Output.Trim()));
    }

    [Fact]
    public void Output_and_messages_are_apart()
    {
        Result result = Run("", "-Command", "'out'; $Host.UI.WriteWarningLine('careful'); Get-Nothing; New-IpcQueue shown | ForEach-Object { $_ } ; Remove-IpcQueue shown");
        Assert.StartsWith("out", result.Output, StringComparison.Ordinal);
        Assert.Contains("Name", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("careful", result.Output, StringComparison.Ordinal);
        Assert.Contains("careful", result.Error, StringComparison.Ordinal);
        Assert.Contains("Get-Nothing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_and_answers_come_from_the_standard_input()
    {
        Assert.Equal("6", Run("\"$(2 * 3)\"\n", "-").Output.Trim());
        Result asked = Run("some text\n", "-Command", "'read: ' + $Host.UI.ReadLine()");
        Assert.Contains("read: some text", asked.Output, StringComparison.Ordinal);
        Result confirmed = Run("y\nn\n", "-Command", "$q = New-IpcQueue; 1 | Send-IpcMessage $q; Clear-IpcQueue $q -Confirm; $q.Count; 1 | Send-IpcMessage $q; Clear-IpcQueue $q -Confirm; $q.Count");
        Assert.EndsWith(": 1", confirmed.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains(": 0", confirmed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("/no/such/script.ps1")]
    [InlineData("-Command")]
    public void A_command_line_that_makes_no_sense_is_told(string word)
    {
        Result result = Run("", word);
        Assert.Equal(64, result.Code);
        Assert.NotEmpty(result.Error);
    }

    [Theory]
    [InlineData(SigInt, 130)]
    [InlineData(SigTerm, 143)]
    public void A_signal_stops_the_script_and_lets_it_clean_up(int signal, int code)
    {
        using Process process = Start("-Command", "try { 'up'; while ($true) { [Threading.Thread]::Sleep(10) } } finally { [Console]::WriteLine('cleaned up') }");
        Assert.Equal("up", process.StandardOutput.ReadLine());
        Assert.Equal(0, Kill(process.Id, signal));
        string rest = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(code, process.ExitCode);
        Assert.Contains("cleaned up", rest, StringComparison.Ordinal);
    }

    [Fact]
    public void Native_programs_take_part_in_pipelines() =>
        Assert.Equal("got native", Run("", "-Command", "/bin/echo native | ForEach-Object { \"got $_\" }").Output.Trim());

    private static Result Run(string input, params string[] words)
    {
        using Process process = Start(words);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    private static Process Start(params string[] words) => Process.Start(new ProcessStartInfo(TestPaths.Host, words)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private sealed record Result(int Code, string Output, string Error);
}
