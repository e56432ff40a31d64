using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc.Tests;

public sealed class ProcessCmdletTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    private readonly PowerShellSession _session = new();

    public void Dispose()
    {
        _session.Run("Get-IpcProcess | Remove-IpcProcess -Force");
        _session.Dispose();
    }

    [Theory]
    [InlineData("{ [Environment]::Exit(137) }", "Failed", 137, IpcProcessEndName.Exited, null)]
    [InlineData("{ /bin/sh -c \"kill -9 $PID\" }", "Failed", 137, IpcProcessEndName.Killed, "SIGKILL")]
    [InlineData("{ /bin/sh -c \"kill -SEGV $PID; sleep 1; kill -SEGV $PID\"; [Threading.Thread]::Sleep(60000) }", "Failed", 139, IpcProcessEndName.Crashed, "SIGSEGV")]
    [InlineData("{ [Environment]::FailFast('boom') }", "Failed", 134, IpcProcessEndName.Crashed, "SIGABRT")]
    public void Exit_crash_and_kill_are_told_apart(string script, string state, int code, string end, string? signal)
    {
        Collection<PSObject> output = _session.Run($"$p = Start-IpcProcess {script} | Wait-IpcProcess -Timeout 120; $p.State.ToString(); $p.ExitCode; $p.End.ToString(); $p.Signal; $p.IsAlive");
        Assert.Empty(_session.Errors);
        Assert.Equal([state, code, end, signal, false], output.Select(o => o?.BaseObject));
    }

    [Fact]
    public void A_process_has_ended_though_one_that_it_started_holds_the_console()
    {
        object?[] output = _session.RunCleanly("""
            $p = Start-IpcProcess { [Diagnostics.Process]::Start('/bin/sleep', '60').Id }
            $p | Wait-IpcProcess -Timeout 60 | ForEach-Object { $_.State }
            $sleeper = $p | Receive-IpcProcess
            $still = [Diagnostics.Process]::GetProcessById($sleeper)
            $still.HasExited; $still.Kill()
            """);
        Assert.Equal(["Completed", false], output);
    }

    [Fact]
    public void A_child_ends_with_a_killed_parent_unless_it_is_detached()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "parent.ps1");
        File.WriteAllText(script, """
            $a = Start-IpcProcess { 'up'; [Threading.Thread]::Sleep(60000) }
            $b = Start-IpcProcess -Detached { 'up'; [Threading.Thread]::Sleep(60000) }
            $a, $b | ForEach-Object { $p = $_; foreach ($x in 1) { $p | Receive-IpcProcess -Wait | ForEach-Object { break } } }
            "$($a.Id) $($b.Id)"
            [Threading.Thread]::Sleep(60000)
            """);
        using Process parent = Process.Start(new ProcessStartInfo(TestPaths.Host, [script]) { RedirectStandardOutput = true })!;
        int[] children = parent.StandardOutput.ReadLine()!.Split(' ').Select(int.Parse).ToArray();
        parent.Kill();
        parent.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(children[0]), Long), "the child outlives its parent");
        Assert.True(IsRunning(children[1]));
        Process.GetProcessById(children[1]).Kill();
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(children[1]), Long));
        _session.RunCleanly("$null = Get-IpcObject");
    }

    [Fact]
    public void A_queue_sent_through_a_queue_arrives_live()
    {
        object?[] output = _session.RunCleanly("""
            $requests = foreach ($serializer in 'MessagePack', 'Json', 'CliXml') { New-IpcQueue -Serializer $serializer }
            $p = Start-IpcProcess { foreach ($queue in $using:requests) { $answers = Receive-IpcMessage $queue; Send-IpcMessage $answers "hello from $PID" } }
            foreach ($queue in $requests) {
                $answers = New-IpcQueue
                Send-IpcMessage $queue $answers
                (Receive-IpcMessage $answers -Timeout 120) -eq "hello from $($p.Id)"
            }
            """);
        Assert.Equal([true, true, true], output);
    }

    private static bool IsRunning(int id) => File.Exists($"/proc/{id}/stat") && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static class IpcProcessEndName
    {
        public const string Exited = "Exited";
        public const string Killed = "Killed";
        public const string Crashed = "Crashed";
    }
}
