using System.Diagnostics;
using System.Text;

namespace PSIpc.Tests;

/// <summary>The prompt, typed at through a pipe and at a real terminal.</summary>
public sealed class InteractivePromptTests
{
    private const string Terminal = "/usr/bin/script";

    [Fact]
    public void A_command_goes_on_over_several_lines_and_errors_end_nothing()
    {
        (int code, string output, string error) = Type("function f {\n'in f'\n}\nf\nGet-Nothing\n$x = 5\n\"x=$x\"\nexit 4\n");
        Assert.Equal(4, code);
        Assert.Contains(">> >> ", output, StringComparison.Ordinal);
        Assert.Contains("in f", output, StringComparison.Ordinal);
        Assert.Contains("x=5", output, StringComparison.Ordinal);
        Assert.Contains("Get-Nothing", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_prompt_is_the_users_own_and_the_end_of_input_ends_it()
    {
        (int code, string output, _) = Type("function prompt { 'hey> ' }\n1 + 1\n");
        Assert.Equal(0, code);
        Assert.Contains("hey> 2", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nested_prompt_sees_the_session_and_returns_to_it()
    {
        (int code, string output, _) = Type("function prompt { '> ' }\n$x = 5; $Host.EnterNestedPrompt(); 'after'\n\"nested $x\"\nexit\nexit 2\n");
        Assert.Equal(2, code);
        Assert.InRange(output.IndexOf("after", StringComparison.Ordinal), output.IndexOf("nested 5", StringComparison.Ordinal), output.Length);
    }

    [Fact]
    public void At_a_terminal_CtrlC_stops_the_command_and_not_the_program_and_Tab_completes()
    {
        Assert.SkipUnless(File.Exists(Terminal), "util-linux's script, which makes a terminal, is not on this machine.");

        // Ctrl+C reaches every process of the terminal: a shell that stayed between would tell of it instead of the program's exit code.
        using var process = Process.Start(new ProcessStartInfo(Terminal, ["-qec", $"exec '{TestPaths.Host}'", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TERM"] = "xterm", ["NO_COLOR"] = "1" },
        })!;
        var seen = new StringBuilder();
        Send(process, "function prompt { 'ready> ' }\r");
        Expect(process, seen, "ready> ");
        Send(process, "'run' + 'ning'; while ($true) { [Threading.Thread]::Sleep(10) }\r");
        Expect(process, seen, "running");
        Send(process, "\u0003");
        Expect(process, seen, "ready> ");
        Send(process, "'still ' + 'here'\r");
        Expect(process, seen, "still here");
        Expect(process, seen, "ready> ");
        Send(process, "half a line\u0003");
        Expect(process, seen, "ready> ");
        Send(process, "'it is ' + (Get-Command Send-IpcMes\t).Name.ToUpper()\r");
        Expect(process, seen, "it is SEND-IPCMESSAGE");
        Send(process, "exit 3\r");
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(3, process.ExitCode);
    }

    [Theory]
    [InlineData("1..3 | /bin/cat", "1,2,3")]
    [InlineData("[pscustomobject]@{ Name = 'n'; Size = 1 } | Out-String -Stream | Where-Object { $_ }", "Name Size,---- ----,n       1")]
    [InlineData("1..3 | Out-String -NoNewline", "123")]
    [InlineData("(Get-Job | Out-String).Length", "0")]
    public void Objects_become_text_for_native_programs_and_strings(string command, string lines)
    {
        (_, string output, string error) = Run("", "-Command", command);
        Assert.Equal("", error);
        Assert.Equal(lines, string.Join(',', output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    }

    [Theory]
    [InlineData("if (", "Missing condition")]
    [InlineData("1 }", "Unexpected token")]
    public void A_command_that_is_not_PowerShell_says_why(string command, string reason)
    {
        (int code, _, string error) = Run("", "-Command", command);
        Assert.Equal(1, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_without_an_answer_is_an_error_and_never_a_yes()
    {
        const string Ask = "$q = New-IpcQueue; 1 | Send-IpcMessage $q; Clear-IpcQueue $q -Confirm; \"count $($q.Count)\"";
        Assert.DoesNotContain("count 0", Run("", "-Command", Ask).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("count 0", Run("y\n", "-NonInteractive", "-Command", Ask).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_that_are_missing_are_asked_for()
    {
        (_, string output, _) = Run("5\na\nb\n\n", "-Command", "function f { param([Parameter(Mandatory)][int] $X, [Parameter(Mandatory)][string[]] $Y) \"$($X + 1):$Y\" }; f");
        Assert.Contains("6:a b", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Type(string keys) => Run(keys, "-Interactive");

    private static (int Code, string Output, string Error) Run(string input, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(TestPaths.Host, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static void Send(Process process, string keys)
    {
        process.StandardInput.Write(keys);
        process.StandardInput.Flush();
    }

    /// <summary>Reads what the terminal shows until it shows this; later calls look behind it.</summary>
    private static void Expect(Process process, StringBuilder seen, string text)
    {
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            int character = process.StandardOutput.Read();
            Assert.True(character >= 0, $"The program ended before it showed '{text}': {seen}");
            seen.Append((char)character);
        }

        seen.Clear();
    }
}
