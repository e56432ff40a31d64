using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>The monitor at a real terminal: what it shows, its keys, and that the terminal is left as it was.</summary>
public sealed class LiveMonitorTests : IDisposable
{
    private const string EnterScreen = "\u001b[?1049h";
    private const string LeaveScreen = "\u001b[?1049l";
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";

    private readonly string _name = $"live-{Guid.NewGuid():N}"[..14];
    private readonly PowerShellSession _session = new();
    private readonly TemporaryFolder _folder = new();

    public LiveMonitorTests()
    {
        Assert.SkipUnless(File.Exists(TerminalProgram.Maker), "util-linux's script, which makes a terminal, is not on this machine.");
        _session.RunCleanly($"$queue = New-IpcQueue {_name}-queue; 1..3 | Send-IpcMessage $queue; $lock = New-IpcLock {_name}-lock; $door = New-IpcLock {_name}-door");
    }

    public void Dispose()
    {
        _session.Run($"Remove-IpcObject {_name}*");
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void It_shows_what_changes_is_attached_to_nothing_and_obeys_its_keys()
    {
        using TerminalProgram monitor = Start();
        string[] frame = monitor.WaitForFrame(f => Row(f, "queue").Contains(" 3 ", StringComparison.Ordinal));
        Assert.Matches(@"^PSIpc +3 (of \d+ )?objects in ", frame[0]);
        Assert.Matches(@"^Kind▼ +Name +Depth +Rate/s State", frame[2]);
        _session.RunCleanly("4..10 | Send-IpcMessage $queue");
        monitor.WaitForFrame(f => Row(f, "queue").Contains(" 10 ", StringComparison.Ordinal));
        _session.RunCleanly("$lock.Enter()");
        monitor.WaitForFrame(f => Regex.IsMatch(Row(f, "lock"), $"held +{Environment.ProcessId} "));
        Assert.Equal(
            Enumerable.Repeat<object?>($"{Environment.ProcessId}", 3),
            _session.RunCleanly($"Get-IpcObject {_name}* | ForEach-Object {{ \"$($_.AttachedProcesses)\" }}"));

        // Its keys sort, choose and filter.
        monitor.WaitForFrame(f => Names(f) is ["queue", "door", "lock"]);
        monitor.Type("s");
        monitor.WaitForFrame(f => Names(f) is ["door", "lock", "queue"] && f[^1].StartsWith("s sort: Name ", StringComparison.Ordinal));
        monitor.Type("r");
        monitor.WaitForFrame(f => Names(f) is ["queue", "lock", "door"]);
        monitor.Type("rk");
        monitor.WaitForFrame(f => Names(f) is ["queue"] && f[^1].Contains("k kind: Queue ", StringComparison.Ordinal));
        monitor.Type("k");
        monitor.WaitForFrame(f => Names(f) is ["door", "lock"]);
        monitor.Type("k/q");
        monitor.WaitForFrame(f => Names(f) is ["queue"] && f[^1].StartsWith("Name has: q_", StringComparison.Ordinal));
        monitor.Type("\u007fOR\r"); // Backspace, and upper case is the same
        monitor.WaitForFrame(f => Names(f) is ["door"] && f[^1].Contains("/ name (OR)", StringComparison.Ordinal));
        monitor.Type("/\u001b");
        monitor.WaitForFrame(f => Names(f).Length == 3);
        monitor.Type("\u001b");
        AssertLeftAsItWas(monitor);
    }

    [Fact]
    public void A_small_screen_scrolls_and_says_how_many_rows_it_does_not_show()
    {
        _session.RunCleanly($"$more = 1..20 | ForEach-Object {{ New-IpcEvent \"{_name}-e$($_ + 10)\" }}");
        using TerminalProgram monitor = Start("-Kind Event", rows: 12, columns: 60);
        string[] frame = monitor.WaitForFrame(f => f[^1].StartsWith("1-7 of 20, 13 more", StringComparison.Ordinal));
        Assert.Equal(11, frame.Length);
        Assert.All(frame, l => Assert.InRange(l.TrimEnd().Length, 0, 60));
        Assert.Equal(["e11", "e12", "e13", "e14", "e15", "e16", "e17"], Names(frame));
        monitor.Type("\u001b[B\u001b[B");
        monitor.WaitForFrame(f => Names(f) is ["e13", .., "e19"]);
        monitor.Type("\u001b[6~\u001b[6~");
        monitor.WaitForFrame(f => Names(f) is ["e24", .., "e30"]);
        monitor.Type("\u001b[A");
        monitor.WaitForFrame(f => Names(f) is ["e23", .., "e29"]);
        monitor.Type("\u001b[F");
        monitor.WaitForFrame(f => f[^1].StartsWith("14-20 of 20, 13 more", StringComparison.Ordinal));
        monitor.Type("q");
        AssertLeftAsItWas(monitor);
    }

    [Fact]
    public void Ctrl_C_leaves_it_and_stops_the_pipeline()
    {
        using TerminalProgram monitor = Start(after: "; 'not reached'");
        monitor.WaitForFrame(f => Names(f).Length == 3);
        monitor.Type("\u0003");
        Assert.DoesNotContain("not reached", AssertLeftAsItWas(monitor), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_leaves_the_terminal_as_it_was()
    {
        string objects = Directory.CreateDirectory(Path.Combine(_folder.Path, "objects")).FullName;
        using TerminalProgram monitor = Start(names: "*", environment: ("PSIPC_DIRECTORY", objects));
        monitor.WaitForFrame(f => f[0].Contains(" 0 objects in ", StringComparison.Ordinal));
        Directory.Delete(objects, recursive: true);
        Assert.Contains(objects, AssertLeftAsItWas(monitor).Split(LeaveScreen)[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_is_asked_to_end_leaves_the_terminal_as_it_was()
    {
        using TerminalProgram monitor = Start();
        monitor.WaitForFrame(f => Names(f).Length == 3);
        int process = int.Parse(File.ReadAllText(Path.Combine(_folder.Path, "id")), null);
        Process.Start("kill", ["-TERM", $"{process}"]).WaitForExit();
        AssertLeftAsItWas(monitor);
    }

    private static string Row(string[] frame, string name) => frame.FirstOrDefault(l => l.Contains($"-{name} ", StringComparison.Ordinal)) ?? "";

    private string[] Names(string[] frame) =>
        [.. frame.Skip(3).Select(l => Regex.Match(l, $@"{_name}-(\w+) ")).Where(m => m.Success).Select(m => m.Groups[1].Value)];

    /// <summary>Starts the monitor in a shell that notes the terminal's modes before and after, and then reads a line.</summary>
    private TerminalProgram Start(string parameters = "", int rows = 24, int columns = 120, string after = "", string? names = null, (string Name, string Value)? environment = null)
    {
        string script = Path.Combine(_folder.Path, "run.sh");
        string command = $"Show-IpcMonitor {names ?? $"{_name}*"} -Interval 0.2 {parameters}{after}".Replace("'", "'\\''", StringComparison.Ordinal);
        File.WriteAllText(script, $"""
            stty rows {rows} cols {columns}
            stty -a > '{_folder.Path}/before'
            sh -c 'echo $$ > "$1"; shift; exec "$@"' sh '{_folder.Path}/id' '{TestPaths.Host}' -Command '{command}'
            stty -a > '{_folder.Path}/after'
            echo 'type now'
            read -r line
            echo "read <$line>"
            """);
        return environment is { } one ? new TerminalProgram($"sh '{script}'", one) : new TerminalProgram($"sh '{script}'");
    }

    /// <summary>The other screen was left and the cursor is there, the terminal's modes are those from before, and nobody eats what is typed.</summary>
    private string AssertLeftAsItWas(TerminalProgram monitor)
    {
        monitor.WaitForText("type now");
        monitor.Type("xyz\r");
        string output = monitor.End();
        Assert.Contains("read <xyz>", output, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(output, Regex.Escape(EnterScreen)));
        Assert.InRange(output.IndexOf(LeaveScreen, StringComparison.Ordinal), output.IndexOf(EnterScreen, StringComparison.Ordinal), output.IndexOf("type now", StringComparison.Ordinal));
        Assert.True(output.LastIndexOf(ShowCursor, StringComparison.Ordinal) > output.LastIndexOf(HideCursor, StringComparison.Ordinal));
        Assert.Equal(File.ReadAllText(Path.Combine(_folder.Path, "before")), File.ReadAllText(Path.Combine(_folder.Path, "after")));
        return output;
    }
}
