using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>One look of the monitor as text.</summary>
public sealed class MonitorTests : IDisposable
{
    private readonly string _name = $"look-{Guid.NewGuid():N}"[..14];
    private readonly PowerShellSession _session = new();

    public void Dispose()
    {
        _session.Run($"Remove-IpcObject {_name}*");
        _session.Dispose();
    }

    [Fact]
    public void A_look_has_a_row_for_each_object()
    {
        _session.RunCleanly($$"""
            $queue = New-IpcQueue {{_name}}-queue -Capacity 64KB; 1..300 | Send-IpcMessage $queue
            $topic = New-IpcTopic {{_name}}-topic; $subscription = New-IpcSubscription $topic; 1..4 | Send-IpcMessage $topic
            $lock = New-IpcLock {{_name}}-lock; $lock.Enter()
            $semaphore = New-IpcSemaphore {{_name}}-semaphore -Count 4; Enter-IpcSemaphore $semaphore
            $event = New-IpcEvent {{_name}}-event; Set-IpcEvent $event
            $items = New-IpcSemaphore {{_name}}-items -Count 7 -Unowned
            $barrier = New-IpcBarrier {{_name}}-barrier -ParticipantCount 3
            $array = New-SharedArray {{_name}}-array -Shape 3,4
            $dictionary = New-SharedDictionary {{_name}}-dictionary; $dictionary['a'] = 1
            """);
        string[] lines = Look("-Width 160");
        Assert.Matches(@"^PSIpc +9 (of \d+ )?objects in /", lines[0]);
        Assert.Matches(@"^Kind▼ +Name +Depth +Rate/s State +Held by +Waiting +Attached +Size +Age$", lines[2]);
        int own = Environment.ProcessId;
        string attached = $@"(?:\d+ )*{own}(?: \+?\d+)*"; // whoever lists all objects is attached for a moment
        AssertRow(lines, $@"Queue +{_name}-queue +300 +0 [0-9.]+ % of 64 KB +{attached} +77 KB +0:\d\d$");
        AssertRow(lines, $@"Topic +{_name}-topic +4 +0 1 subscription +{attached} ");
        AssertRow(lines, $@"Lock +{_name}-lock +held +{own} +{attached} ");
        AssertRow(lines, $@"Semaphore +{_name}-semaphore +1 +3 of 4 free +{own} +{attached} ");
        AssertRow(lines, $@"Event +{_name}-event +set +{attached} ");
        AssertRow(lines, $@"Semaphore +{_name}-items +7 +7 there +{attached} ");
        AssertRow(lines, $@"Barrier +{_name}-barrier +0 +0 0 of 3 here +{attached} ");
        AssertRow(lines, $@"Array +{_name}-array +Double 3 x 4 +{attached} ");
        AssertRow(lines, $@"Dictionary +{_name}-dictionary +1 +{attached} ");
        Assert.Equal(12, lines.Length);
    }

    [Fact]
    public void Rows_are_chosen_and_sorted_as_asked()
    {
        _session.RunCleanly($$"""
            $few = New-IpcQueue {{_name}}-few; 1..2 | Send-IpcMessage $few
            $many = New-IpcQueue {{_name}}-many; 1..9 | Send-IpcMessage $many
            $lock = New-IpcLock {{_name}}-lock
            """);
        Assert.Equal(["few", "many", "lock"], Names(""));
        Assert.Equal(["few", "lock", "many"], Names("-Sort Name"));
        Assert.Equal(["many", "lock", "few"], Names("-Sort Name -Reverse"));
        Assert.Equal(["many", "few", "lock"], Names("-Sort Depth"));
        Assert.Equal(["lock"], Names("-Kind Lock, Event"));
        Assert.Equal(["few", "lock", "many"], Names("-Sort Age").Order(StringComparer.Ordinal));
        Assert.Equal(2, _session.RunCleanly($"Show-IpcMonitor nothing-of-this-name -Once -Interval 0 | Where-Object {{ $_ }}").Length);
        Assert.Equal([$"{_name}-many"], _session.Complete($"Show-IpcMonitor {_name}-m"));
    }

    [Fact]
    public void The_rate_is_of_the_time_between_two_looks()
    {
        _session.RunCleanly($"$null = New-IpcQueue {_name}; $other = Start-IpcProcess {{ $q = Get-IpcQueue $using:name; for (;;) {{ $q.Send(1); $null = $q.Receive(); [Threading.Thread]::Sleep(1) }} }}", ("name", _name));
        try
        {
            long started = Stopwatch.GetTimestamp();
            string row = "";
            while (!Regex.IsMatch(row, $@"Queue +{_name} +[01] +[1-9]"))
            {
                Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(120), row);
                row = Look("-Interval 0.3 -Width 100").Single(l => l.Contains(_name, StringComparison.Ordinal));
            }
        }
        finally
        {
            _session.Run("Remove-IpcProcess $other -Force");
        }

        Assert.Matches($@"Queue +{_name} +[01] +[0-9.]+ %", Look("-Interval 0 -Width 100").Single(l => l.Contains(_name, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(250)]
    public void No_line_is_longer_than_asked_and_columns_are_left_out_from_the_right(int width)
    {
        _session.RunCleanly($"$null = New-IpcQueue {_name}-{new string('x', 70)}; $lock = New-IpcLock {_name}; $lock.Enter()");
        string[] lines = Look($"-Width {width}");
        Assert.Equal(5, lines.Length);
        Assert.All(lines, l => Assert.InRange(l.Length, 0, width));
        Assert.StartsWith("Kind▼ ", lines[2], StringComparison.Ordinal);
        Assert.Equal(width >= 80, lines[2].Contains("State", StringComparison.Ordinal));
        Assert.Equal(width >= 250, lines[2].Contains("Age", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_killed_process_left_is_shown_and_stays()
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(TestPaths.Host, ["-Command", "$q = New-IpcQueue left; $k = New-IpcQueue kept -Persistent; [Diagnostics.Process]::GetCurrentProcess().Kill()"]) { Environment = { ["PSIPC_DIRECTORY"] = folder.Path } };
        Process.Start(start)!.WaitForExit();
        start = new ProcessStartInfo(TestPaths.Host, ["-Command", "Show-IpcMonitor -Once -Interval 0; Show-IpcMonitor -Once -Interval 0"]) { RedirectStandardOutput = true, Environment = { ["PSIPC_DIRECTORY"] = folder.Path } };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, Regex.Count(text, @"Queue +left +0 +left behind"));
        Assert.Equal(2, Regex.Count(text, @"Queue +kept +0 +orphaned, 0 % of"));
    }

    [Fact]
    public void Without_a_terminal_it_says_what_to_use()
    {
        AssertNoTerminal(_session.RunForError("Show-IpcMonitor"));
        AssertNoTerminal(_session.RunForError("Start-IpcProcess { Show-IpcMonitor } | Receive-IpcProcess -Wait"));
    }

    private static void AssertNoTerminal(ErrorRecord error)
    {
        Assert.StartsWith("IpcNotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Contains("-Once", error.ToString(), StringComparison.Ordinal);
    }

    private static void AssertRow(string[] lines, string pattern)
    {
        int count = lines.Count(l => Regex.IsMatch(l, "^" + pattern));
        Assert.True(count == 1, $"{count} rows of {pattern} in\n{string.Join('\n', lines)}");
    }

    private string[] Look(string parameters) => [.. _session.RunCleanly($"Show-IpcMonitor {_name}* -Once {parameters}").Cast<string>()];

    private string[] Names(string parameters) =>
        [.. Look($"-Interval 0 {parameters}").Skip(3).Select(l => Regex.Match(l, $@"{_name}-(\w+)").Groups[1].Value)];
}
