using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc.Tests;

public sealed class ProcessCmdletTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly PowerShellSession _session = new();

    public void Dispose()
    {
        _session.Run("Get-IpcProcess | Remove-IpcProcess -Force");
        _session.Dispose();
    }

    [Fact]
    public void Arguments_using_values_functions_modules_folder_and_environment_reach_the_process()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "Mine.psm1"), "function Get-Mine { 'mine' }");
        object?[] output = _session.RunCleanly(
            """
            function Get-Double { param($x) 2 * $x }
            $table = @{ a = 1, 2 }
            $text = 'outer'
            $p = Start-IpcProcess -ScriptBlock {
                param($first, $second)
                "$first $second"; $using:text; $using:table['a'][1]; $using:env:HOME
                Get-Double 4; Get-Mine; $fromInit
                [Environment]::CurrentDirectory; $env:MY_VARIABLE; $null -eq $env:TERM; $PID
            } -ArgumentList 'one', 2 -Function Get-Double -Module "$folder/Mine.psm1" -InitializationScript { $fromInit = 'init' } `
              -WorkingDirectory $folder -Environment @{ MY_VARIABLE = 'value'; TERM = $null }
            $p.Id
            $p | Receive-IpcProcess -Wait
            """,
            ("folder", folder.Path));
        Assert.Equal(
            ["one 2", "outer", 2, Environment.GetEnvironmentVariable("HOME"), 8, "mine", "init", folder.Path, "value", true, output[0]],
            output[1..]);
    }

    [Fact]
    public void Every_stream_comes_back_in_order_with_its_types()
    {
        using PowerShell pipeline = _session.NewPipeline("""
            $p = Start-IpcProcess {
                [CmdletBinding()] param()
                $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
                'out'
                $PSCmdlet.WriteWarning('careful')
                $PSCmdlet.WriteVerbose('details')
                $PSCmdlet.WriteDebug('inside')
                $PSCmdlet.WriteInformation([System.Management.Automation.InformationRecord]::new('info', 'me'))
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(1, 'act', 'half'))
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([InvalidOperationException]::new('broken'), 'MyId', 'DeviceError', 'thing'))
                [pscustomobject]@{ Name = 'n'; Time = [timespan]::FromSeconds(3) }
                [Console]::WriteLine('console')
            }
            $null = $p | Wait-IpcProcess
            $VerbosePreference = $DebugPreference = 'Continue'
            $p | Receive-IpcProcess
            """);
        Collection<PSObject> output = pipeline.Invoke();
        Assert.Equal("out", output[0].BaseObject);
        Assert.Equal(TimeSpan.FromSeconds(3), output[1].Properties["Time"].Value);
        Assert.Equal("careful", Assert.Single(pipeline.Streams.Warning).Message);
        Assert.Equal("details", Assert.Single(pipeline.Streams.Verbose).Message);
        Assert.Equal("inside", Assert.Single(pipeline.Streams.Debug, d => !d.Message.StartsWith("PSIpc: ", StringComparison.Ordinal)).Message);
        Assert.Contains(pipeline.Streams.Information, i => i.MessageData.Equals("info") && i.Source == "me");
        Assert.Contains(pipeline.Streams.Information, i => i.MessageData.Equals("console") && i.Source == "stdout");
        Assert.Contains(pipeline.Streams.Progress, r => r.Activity == "act");
        ErrorRecord error = Assert.Single(pipeline.Streams.Error);
        Assert.Equal("broken", error.Exception.Message);
        Assert.Equal(ErrorCategory.DeviceError, error.CategoryInfo.Category);
        Assert.Equal("thing", error.TargetObject.ToString());
        Assert.StartsWith("MyId", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_comes_while_the_process_runs()
    {
        object?[] output = _session.RunCleanly("""
            $go = New-IpcQueue
            $p = Start-IpcProcess { 'first'; $null = Receive-IpcMessage $using:go; 'second' }
            $seen = @()
            $p | Receive-IpcProcess -Wait | ForEach-Object { $seen += $_; if ($_ -eq 'first') { $p.IsAlive; Send-IpcMessage $go 1 } }
            $seen
            Remove-IpcQueue $go
            """);
        Assert.Equal([true, "first", "second"], output);
    }

    [Theory]
    [InlineData("{ 1 }", "Completed", 0, IpcProcessEndName.Exited, null)]
    [InlineData("{ exit 3 }", "Failed", 3, IpcProcessEndName.Exited, null)]
    [InlineData("{ [Environment]::Exit(137) }", "Failed", 137, IpcProcessEndName.Exited, null)]
    [InlineData("{ throw 'bad' }", "Failed", 1, IpcProcessEndName.Exited, null)]
    [InlineData("{ /bin/sh -c \"kill -9 $PID\" }", "Failed", 137, IpcProcessEndName.Killed, "SIGKILL")]
    [InlineData("{ /bin/sh -c \"kill -SEGV $PID; sleep 1; kill -SEGV $PID\"; [Threading.Thread]::Sleep(60000) }", "Failed", 139, IpcProcessEndName.Crashed, "SIGSEGV")]
    [InlineData("{ [Environment]::FailFast('boom') }", "Failed", 134, IpcProcessEndName.Crashed, "SIGABRT")]
    public void Exit_crash_and_kill_are_told_apart(string script, string state, int code, string end, string? signal)
    {
        Collection<PSObject> output = _session.Run($"$p = Start-IpcProcess {script} | Wait-IpcProcess -Timeout 60; $p.State.ToString(); $p.ExitCode; $p.End.ToString(); $p.Signal; $p.IsAlive");
        Assert.Empty(_session.Errors);
        Assert.Equal([state, code, end, signal, false], output.Select(o => o?.BaseObject));
    }

    [Fact]
    public void A_thrown_error_and_a_death_come_back_as_errors()
    {
        ErrorRecord thrown = _session.RunForError("Start-IpcProcess { throw 'bad' } | Wait-IpcProcess | Receive-IpcProcess");
        Assert.Equal("bad", thrown.Exception.Message);
        ErrorRecord died = _session.RunForError("Start-IpcProcess { /bin/sh -c \"kill -9 $PID\" } | Wait-IpcProcess | Receive-IpcProcess");
        Assert.StartsWith("IpcWorkerDied", died.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("SIGKILL", died.Exception.Message, StringComparison.Ordinal);
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
    public void An_output_that_cannot_be_sent_is_an_error_and_the_script_goes_on()
    {
        Collection<PSObject> output = _session.Run("""
            Start-IpcProcess { $a = @{}; $a.a = $a; 'before'; $a; 'after' } | Receive-IpcProcess -Wait
            """);
        Assert.Equal(["before", "after"], output.Select(o => o.BaseObject));
        Assert.StartsWith("IpcSerialization", Assert.Single(_session.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_cmdlets_work_on_a_process()
    {
        object?[] output = _session.RunCleanly("""
            $p = Start-IpcProcess -Name job-test { 'a'; 'b' }
            (Get-Job -Name job-test).Id -eq $p.Id
            (Get-Job -Id $p.Id).Name
            ($p | Wait-Job).State
            $p | Receive-Job -Keep
            @($p | Receive-Job).Count
            $p.HasMoreData
            $s = Start-IpcProcess { [Threading.Thread]::Sleep(60000) }
            $s | Stop-Job
            $s.State
            $p, $s | Remove-Job
            @(Get-Job).Count
            """);
        Assert.Equal([true, "job-test", "Completed", "a", "b", 2, false, "Stopped", 0], output);
    }

    [Fact]
    public void Stop_asks_and_Force_kills()
    {
        object?[] output = _session.RunCleanly("""
            $p = Start-IpcProcess { try { 'started'; while ($true) { [Threading.Thread]::Sleep(10) } } finally { [Console]::WriteLine('cleaned up') } }
            $said = $p | Receive-IpcProcess -Wait 6>&1 | ForEach-Object { if ($_ -eq 'started') { Stop-IpcProcess $p } else { "$_" } }
            $p.State
            $said
            $k = Start-IpcProcess { [Threading.Thread]::Sleep(60000) }
            Stop-IpcProcess $k -Force
            $k.End.ToString(); $k.State
            """);
        Assert.Equal(["Stopped", "cleaned up", "Killed", "Stopped"], output);
    }

    [Fact]
    public void A_wait_times_out_and_a_running_process_is_not_removed_without_Force()
    {
        _session.RunCleanly("$p = Start-IpcProcess { [Threading.Thread]::Sleep(60000) }");
        Assert.StartsWith("IpcTimeout,", _session.RunForError("$p | Wait-IpcProcess -Timeout 0.1").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcTimeout,", _session.RunForError("$p | Receive-IpcProcess -Wait -Timeout 0.1").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("IpcProcessRunning,", _session.RunForError("$p | Remove-IpcProcess").FullyQualifiedErrorId, StringComparison.Ordinal);
        object?[] output = _session.RunCleanly("$p | Remove-IpcProcess -Force; @(Get-IpcProcess).Count; $p.IsAlive");
        Assert.Equal([0, false], output);
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
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(children[0]), TimeSpan.FromSeconds(2)), "the child outlives its parent");
        Assert.True(IsRunning(children[1]));
        Process.GetProcessById(children[1]).Kill();
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(children[1]), Long));
        _session.RunCleanly("$null = Get-IpcObject");
    }

    [Fact]
    public void A_queue_sent_through_a_queue_arrives_live()
    {
        foreach (string serializer in new[] { "MessagePack", "Json", "CliXml" })
        {
            object?[] output = _session.RunCleanly($$"""
                $requests = New-IpcQueue -Serializer {{serializer}}
                $answers = New-IpcQueue
                $p = Start-IpcProcess { $answers = Receive-IpcMessage $using:requests; Send-IpcMessage $answers "hello from $PID" }
                Send-IpcMessage $requests $answers
                (Receive-IpcMessage $answers -Timeout 60) -eq "hello from $($p.Id)"
                $null = $p | Wait-IpcProcess
                Remove-IpcQueue $requests, $answers
                """);
            Assert.Equal([true], output);
        }
    }

    [Theory]
    [InlineData("Start-IpcProcess { $using:undefined }", "UsingVariableIsUndefined")]
    [InlineData("Start-IpcProcess { 1 } -Function No-Such", "IpcNotFound")]
    public void What_cannot_be_passed_is_an_error_at_once(string script, string id) =>
        Assert.StartsWith(id, _session.RunForError(script + "; @(Get-IpcProcess).Count").FullyQualifiedErrorId, StringComparison.Ordinal);

    [Theory]
    [InlineData("Start-IpcProcess { 1 } -WorkingDirectory /no/such/folder", "IpcNotFound")]
    [InlineData("Start-IpcProcess { 1 } -Name 'a b'", "IpcInvalidName")]
    [InlineData("$null = Start-IpcProcess { 1 } -Name twice; Start-IpcProcess { 1 } -Name twice", "IpcAlreadyExists")]
    [InlineData("Wait-IpcProcess no-such-process", "IpcNotFound")]
    [InlineData("Get-IpcProcess no-such-process", "IpcNotFound")]
    [InlineData("Start-IpcProcess { 1 } -Module NoSuchModule | Wait-IpcProcess | Receive-IpcProcess", "Modules_ModuleNotFound")]
    public void Bad_input_is_an_error_that_names_it(string script, string id) =>
        Assert.StartsWith(id, _session.RunForError(script).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void Names_of_processes_and_functions_complete()
    {
        _session.RunCleanly("function Get-OnlyHere { }; $p = Start-IpcProcess -Name complete-me { 1 }");
        Assert.Equal(["complete-me"], _session.Complete("Wait-IpcProcess comp"));
        Assert.Equal(["Get-OnlyHere"], _session.Complete("Start-IpcProcess { } -Function Get-OnlyH"));
    }

    private static bool IsRunning(int id) => File.Exists($"/proc/{id}/stat") && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static class IpcProcessEndName
    {
        public const string Exited = "Exited";
        public const string Killed = "Killed";
        public const string Crashed = "Crashed";
    }
}
