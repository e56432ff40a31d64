namespace PSIpc.Tests;

/// <summary>Invoke-ProcessPool -AsJob gives what the *-Job cmdlets expect.</summary>
public sealed class PoolJobTests : PoolTest
{
    [Fact]
    public void Results_can_be_received_while_the_job_runs()
    {
        Assert.Equal(["Running", 1, "Running", 2, "Completed"], Session.RunCleanly("""
            $gate = New-IpcEvent
            $job = 1..2 | Invoke-ProcessPool { if ($_ -eq 2) { $null = Wait-IpcEvent $using:gate }; $_ } -AsJob
            "$($job.State)"
            for ($first = $null; $null -eq $first; $first = Receive-Job $job) { [Threading.Thread]::Sleep(5) }
            $first; "$($job.State)"
            Set-IpcEvent $gate
            Receive-Job $job -Wait
            "$($job.State)"
            """));
    }

    [Fact]
    public void A_job_is_stopped_though_its_worker_is_stuck_and_removed_with_Force_while_it_runs()
    {
        Assert.Equal(["Stopped", true, 1, 0, 0L], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
            $job = 1..100 | Invoke-ProcessPool -Pool $pool { [Threading.Thread]::Sleep(600000) } -AsJob
            while ($pool.Running -lt 1) { [Threading.Thread]::Sleep(5) }
            $job | Stop-Job
            "$($job.State)"; $job.Completed -lt 100
            Invoke-ProcessPool -Pool $pool { 1 }
            Remove-Job $job
            $never = New-IpcEvent
            $job = 1..100 | Invoke-ProcessPool -Pool $pool { $null = Wait-IpcEvent $using:never } -AsJob
            while ($pool.Running -lt 1) { [Threading.Thread]::Sleep(5) }
            $job | Remove-Job -Force
            @(Get-Job).Count
            while ($pool.Running) { [Threading.Thread]::Sleep(5) }
            $pool.Pending
            """));
    }
}
