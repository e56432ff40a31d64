using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Pools are made, found and removed.</summary>
public sealed class PoolLifeTests : PoolTest
{
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
