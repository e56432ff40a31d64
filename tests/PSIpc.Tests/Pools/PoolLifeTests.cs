using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Pools are made, found and removed.</summary>
public sealed class PoolLifeTests : PoolTest
{
    [Fact]
    public void A_pool_is_found_by_name_and_wildcard()
    {
        Assert.Equal(["life-a", "life-a", 2, 2, true], Session.RunCleanly("""
            $a = New-ProcessPool life-a -WorkerCount 1
            $b = New-ProcessPool life-b -WorkerCount 2
            "$(Get-ProcessPool life-a)"; (Get-ProcessPool LIFE-A).Name
            @(Get-ProcessPool life-*).Count
            (Get-ProcessPool life-b).WorkerCount
            @(Get-ProcessPool | Where-Object Name -like life-*).Count -eq 2
            """));
        Assert.Equal(["1", "2"], Session.RunCleanly("'1' | Invoke-ProcessPool -Pool life-a { $_ }; '2' | Invoke-ProcessPool -Pool $b { $_ }"));
    }

    [Fact]
    public void Names_that_are_wrong_taken_or_unknown_are_errors()
    {
        AssertError("IpcNotFound", ErrorCategory.ObjectNotFound, Session.RunForError("Get-ProcessPool no-such-pool"));
        AssertError("IpcNotFound", ErrorCategory.ObjectNotFound, Session.RunForError("Remove-ProcessPool no-such-pool"));
        AssertError("IpcNotFound", ErrorCategory.ObjectNotFound, RunForThrow("1..3 | Invoke-ProcessPool -Pool no-such-pool { $_ }"));
        AssertError("IpcNotFound", ErrorCategory.ObjectNotFound, Session.RunForError("Start-ProcessPoolTask -Pool no-such-pool { 1 }"));
        AssertError("IpcInvalidName", ErrorCategory.InvalidArgument, Session.RunForError("New-ProcessPool 'a b'"));
        AssertError("IpcInvalidArgument", ErrorCategory.InvalidArgument, RunForThrow("1 | Invoke-ProcessPool -Pool 5 { $_ }"));
        Session.RunCleanly("$taken = New-ProcessPool taken -WorkerCount 1");
        AssertError("IpcAlreadyExists", ErrorCategory.ResourceExists, Session.RunForError("New-ProcessPool taken"));
        Assert.Empty(Session.RunCleanly("Get-ProcessPool no-such-*; Remove-ProcessPool no-such-*"));
        Assert.Contains("WorkerCount", RunForThrow("New-ProcessPool -WorkerCount 0").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_pool_has_finished_what_it_had()
    {
        Assert.Equal([10, "Completed", true, 0], Session.RunCleanly("""
            $pool = New-ProcessPool finish -WorkerCount 2
            $tasks = 1..10 | Start-ProcessPoolTask -Pool $pool { [Threading.Thread]::Sleep(20); $_ }
            Remove-ProcessPool $pool
            @($tasks | Receive-ProcessPoolTask).Count
            "$($tasks[9].State)"
            $pool.IsClosed
            @(Get-ProcessPool finish*).Count
            """));
        Assert.Equal(["again"], Session.RunCleanly("$null = New-ProcessPool finish -WorkerCount 1; Invoke-ProcessPool -Pool finish { 'again' }"));
    }

    [Fact]
    public void A_pool_that_is_being_removed_replaces_workers_that_die()
    {
        Assert.Equal(["IpcWorkerDied", 2, 3, 4], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
            $tasks = 1..4 | Start-ProcessPoolTask -Pool $pool { if ($_ -eq 1) { [Threading.Thread]::Sleep(300); exit 1 }; $_ }
            Remove-ProcessPool $pool -Timeout 100
            try { Receive-ProcessPoolTask $tasks[0] } catch { ($_.FullyQualifiedErrorId -split ',')[0] }
            Receive-ProcessPoolTask $tasks[1], $tasks[2], $tasks[3]
            """));
    }

    [Fact]
    public void Removing_by_force_kills_and_fails_what_there_was()
    {
        int[] workers = Session.RunCleanly("""
            $pool = New-ProcessPool forced -WorkerCount 2
            $tasks = 1..5 | Start-ProcessPoolTask -Pool $pool { [Threading.Thread]::Sleep(600000) }
            while ($pool.Running -lt 2) { [Threading.Thread]::Sleep(5) }
            $pool.Workers.ProcessId
            Remove-ProcessPool $pool -Force
            """).Cast<int>().ToArray();
        WaitUntil(() => !workers.Any(IsAlive), "the workers are gone");
        foreach (int task in (int[])[0, 4])
        {
            AssertError("IpcClosed", ErrorCategory.ResourceUnavailable, RunForThrow($"Receive-ProcessPoolTask $tasks[{task}]"));
        }
    }

    [Fact]
    public void A_removed_pool_takes_no_more()
    {
        Session.RunCleanly("$pool = New-ProcessPool -WorkerCount 1; Remove-ProcessPool $pool");
        AssertError("IpcClosed", ErrorCategory.ResourceUnavailable, RunForThrow("1..1e9 | Invoke-ProcessPool -Pool $pool { $_ }"));
        AssertError("IpcClosed", ErrorCategory.ResourceUnavailable, Session.RunForError("Start-ProcessPoolTask -Pool $pool { 1 }"));
        Assert.Contains("removed", RunForThrow("$pool.Invoke({ 1 })").Exception.Message, StringComparison.Ordinal);
        Session.RunCleanly("Remove-ProcessPool $pool; Remove-ProcessPool $pool -Force");
    }

    [Fact]
    public void A_pipeline_whose_pool_is_removed_by_force_ends_with_that_error()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool pulled -WorkerCount 1");
        using PowerShell pipeline = Session.NewPipeline("1..1e9 | Invoke-ProcessPool -Pool pulled { $_ } | ForEach-Object { }");
        IAsyncResult run = pipeline.BeginInvoke();
        WaitUntil(observer, "(Get-ProcessPool pulled).Completed -gt 100");
        observer.RunCleanly("Remove-ProcessPool pulled -Force");
        Assert.True(run.AsyncWaitHandle.WaitOne(Long));
        pipeline.EndInvoke(run);
        AssertError("IpcClosed", ErrorCategory.ResourceUnavailable, Assert.Single(pipeline.Streams.Error));
    }

    [Fact]
    public void A_remove_that_takes_too_long_says_so_and_goes_on()
    {
        Session.RunCleanly("""
            $pool = New-ProcessPool long-remove -WorkerCount 1
            $gate = New-IpcEvent
            $task = Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate; 'done' }
            """);
        AssertError("IpcTimeout", ErrorCategory.OperationTimeout, Session.RunForError("Remove-ProcessPool $pool -Timeout 0.2"));
        Assert.Equal(["done"], Session.RunCleanly("Set-IpcEvent $gate; Receive-ProcessPoolTask $task"));
        WaitUntil(() => Session.RunCleanly("Get-ProcessPool long-remove*").Length == 0, "the pool is gone");
    }

    [Fact]
    public void WhatIf_makes_and_removes_nothing()
    {
        Assert.Equal([0, 1], Session.RunCleanly("""
            New-ProcessPool what-if -WhatIf
            @(Get-ProcessPool what-if*).Count
            $null = New-ProcessPool what-if-2 -WorkerCount 1
            Remove-ProcessPool what-if-2 -WhatIf
            @(Get-ProcessPool what-if*).Count
            """));
    }

    [Fact]
    public void Counters_and_workers_tell_what_a_pool_does()
    {
        Assert.Equal([2L, 3L, 0L, "Busy", 5L, 1L, 1L, 0L, 0L], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $gate = New-IpcEvent
            $tasks = 1..5 | Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate; if ($_ -eq 3) { exit 1 } }
            while ($pool.Running -lt 2) { [Threading.Thread]::Sleep(5) }
            $pool.Running; $pool.Pending; $pool.Completed; "$($pool.Workers[0].State)"
            Set-IpcEvent $gate
            $null = $tasks | Wait-ProcessPoolTask
            while ($pool.Restarts -lt 1) { [Threading.Thread]::Sleep(5) }
            $pool.Completed; $pool.Failed; $pool.Restarts; $pool.Running; $pool.Pending
            """));
    }
}
