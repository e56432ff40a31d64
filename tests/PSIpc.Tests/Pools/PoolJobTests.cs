using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Invoke-ProcessPool -AsJob gives what the *-Job cmdlets expect.</summary>
public sealed class PoolJobTests : PoolTest
{
    [Fact]
    public void A_job_gives_its_results_once_and_is_completed()
    {
        Assert.Equal(["ProcessPoolJob", "Completed", 5, 1, 5, false, 0, 5L, 0L, 5L], Session.RunCleanly("""
            $job = 1..5 | Invoke-ProcessPool { $_ } -AsJob
            $job.PSJobTypeName
            "$(($job | Wait-Job).State)"
            $kept = @($job | Receive-Job -Keep); $kept.Count; $kept[0]
            @($job | Receive-Job).Count
            $job.HasMoreData
            @($job | Receive-Job).Count
            $job.Completed; $job.Failed; $job.Total
            """));
    }

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
    public void Receive_job_waits_and_removes()
    {
        Assert.Equal([1, 2, 3, 0], Session.RunCleanly("1..3 | Invoke-ProcessPool { $_ } -AsJob | Receive-Job -Wait -AutoRemoveJob; @(Get-Job).Count"));
    }

    [Fact]
    public void The_session_knows_the_job()
    {
        Assert.Equal([true, true, 0], Session.RunCleanly("""
            $job = 1 | Invoke-ProcessPool { $_ } -AsJob
            (Get-Job -Id $job.Id).InstanceId -eq $job.InstanceId
            (Get-Job -Name $job.Name).Id -eq $job.Id
            $null = $job | Wait-Job
            Remove-Job $job
            @(Get-Job).Count
            """));
    }

    [Fact]
    public void Errors_and_other_streams_are_received_from_the_job()
    {
        using PowerShell pipeline = Session.NewPipeline("""
            1..3 | Invoke-ProcessPool { if ($_ -eq 2) { throw 'bad' }; & { [CmdletBinding()] param($n) $PSCmdlet.WriteWarning("w$n") } $_; $_ } -AsJob | Wait-Job | Receive-Job
            """);
        Assert.Equal([1, 3], pipeline.Invoke().Select(o => o.BaseObject));
        ErrorRecord error = Assert.Single(pipeline.Streams.Error);
        Assert.Equal("bad", error.Exception.Message);
        Assert.Equal(2, error.TargetObject);
        Assert.Equal(["w1", "w3"], pipeline.Streams.Warning.Select(w => w.Message));
        Assert.Equal(["Failed", 1L], Session.RunCleanly("$job = Get-Job; \"$($job.State)\"; $job.Failed"));
    }

    [Fact]
    public void A_stopped_job_is_over_though_its_workers_are_stuck()
    {
        Assert.Equal(["Stopped", true, 1], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
            $job = 1..100 | Invoke-ProcessPool -Pool $pool { [Threading.Thread]::Sleep(600000) } -AsJob
            while ($pool.Running -lt 1) { [Threading.Thread]::Sleep(5) }
            $job | Stop-Job
            "$($job.State)"; $job.Completed -lt 100
            Invoke-ProcessPool -Pool $pool { 1 }
            """));
    }

    [Fact]
    public void A_running_job_is_removed_with_Force()
    {
        Assert.Equal([0, 0L], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
            $never = New-IpcEvent
            $job = 1..100 | Invoke-ProcessPool -Pool $pool { $null = Wait-IpcEvent $using:never } -AsJob
            while ($pool.Running -lt 1) { [Threading.Thread]::Sleep(5) }
            $job | Remove-Job -Force
            @(Get-Job).Count
            while ($pool.Running) { [Threading.Thread]::Sleep(5) }
            $pool.Pending
            """));
    }

    [Fact]
    public void A_job_that_cannot_run_is_failed_and_says_why()
    {
        Session.Run("""
            $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { throw 'not today' }
            $job = 1..1000000 | Invoke-ProcessPool -Pool $pool { $_ } -AsJob
            $null = $job | Wait-Job
            Receive-Job $job
            """);
        Assert.Contains("not today", Assert.Single(Session.Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["Failed"], Session.RunCleanly("\"$($job.State)\""));
    }

    [Fact]
    public void All_results_of_a_job_are_the_jobs_and_none_go_to_the_pipeline()
    {
        Assert.Equal([1, 20000, 20000], Session.RunCleanly("""
            $out = @(1..20000 | Invoke-ProcessPool { $_ } -AsJob)
            $out.Count
            $r = @($out | Wait-Job | Receive-Job); $r.Count; $r[-1]
            """));
    }

    [Fact]
    public void Progress_shows_how_far_it_is()
    {
        using PowerShell pipeline = Session.NewPipeline("1..50 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20) } -ShowProgress -ChunkSize 1");
        pipeline.Invoke();
        ProgressRecord[] records = [.. pipeline.Streams.Progress];
        Assert.Contains(records, r => r.RecordType == ProgressRecordType.Processing && r.StatusDescription.Contains("of 50", StringComparison.Ordinal) && r.PercentComplete >= 0);
        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
        Assert.All(records, r => Assert.StartsWith("Process pool", r.Activity, StringComparison.Ordinal));
        Assert.Equal([true], Session.RunCleanly("$job = 1..50 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20) } -ShowProgress -AsJob | Wait-Job; $job.Progress.Count -gt 0"));
    }
}
