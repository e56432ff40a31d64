using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Tasks: begun now, asked for later.</summary>
public sealed class PoolTaskTests : PoolTest
{
    [Fact]
    public void All_streams_of_a_task_are_received()
    {
        using PowerShell pipeline = Session.NewPipeline("""
            Start-ProcessPoolTask { & { [CmdletBinding()] param() $PSCmdlet.WriteWarning('careful'); $PSCmdlet.WriteVerbose('details'); 'out' } } -Verbose | Receive-ProcessPoolTask -Verbose
            """);
        Assert.Equal("out", Assert.Single(pipeline.Invoke()).BaseObject);
        Assert.Equal("careful", Assert.Single(pipeline.Streams.Warning).Message);
        Assert.Contains(pipeline.Streams.Verbose, v => v.Message == "details");
    }

    [Fact]
    public void State_worker_start_and_duration_tell_how_far_it_is()
    {
        UseSharedPool(workers: 1);
        object?[] output = Session.RunCleanly("""
            $null = $pool.Invoke({ })
            $gate = New-IpcEvent
            $before = [datetime]::Now
            $first = Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate; $PID }
            $second = Start-ProcessPoolTask -Pool $pool { $PID }
            while ("$($first.State)" -ne 'Running') { [Threading.Thread]::Sleep(5) }
            "$($second.State)"; $second.Worker; $null -eq $second.StartTime; $null -eq $second.Duration
            $first.Worker -eq $pool.Workers[0].ProcessId; $first.StartTime -ge $before.AddSeconds(-1); $first.Duration -ge [timespan]::Zero
            $pool.Running; $pool.Pending
            Set-IpcEvent $gate
            $id = Receive-ProcessPoolTask $first
            $id -eq $first.Worker; (Receive-ProcessPoolTask $second) -eq $second.Worker
            $first.Duration -eq $first.Duration; "$($second.State)"; $second.Id -gt $first.Id
            """);
        Assert.Equal(["Waiting", 0, true, true, true, true, true, 1L, 1L, true, true, true, "Completed", true], output);
    }

    [Fact]
    public void A_stuck_task_is_stopped_by_killing_its_worker()
    {
        Session.RunCleanly("$pool = New-ProcessPool -WorkerCount 1");
        foreach (string force in (string[])["", "-Force"])
        {
            // One that was begun and has not come to its sleep is stopped, and its worker lives: then it is tried again.
            WaitUntil(
                () => Session.RunCleanly($$"""
                    $task = Start-ProcessPoolTask -Pool $pool { [Threading.Thread]::Sleep(600000) }
                    while ("$($task.State)" -ne 'Running') { [Threading.Thread]::Sleep(5) }
                    $worker = $task.Worker
                    Stop-ProcessPoolTask $task {{force}}
                    "$($task.State)"
                    Receive-ProcessPoolTask (Start-ProcessPoolTask -Pool $pool { 'other' })
                    $pool.Workers[0].ProcessId -ne $worker
                    """) is ["Stopped", "other", true],
                "the stuck worker is replaced");
        }
    }

    [Fact]
    public void Tasks_are_waited_for_with_queues_and_events()
    {
        Assert.Equal([true, true], Session.RunCleanly("""
            $q = New-IpcQueue; $gate = New-IpcEvent
            $task = Start-ProcessPoolTask { Send-IpcMessage $using:q 1; $null = Wait-IpcEvent $using:gate }
            (Wait-IpcObject $task, $q -Timeout 60).Name -eq $q.Name
            $null = Receive-IpcMessage $q; Set-IpcEvent $gate
            (Wait-IpcObject $task, $q -Timeout 60).Id -eq $task.Id
            """));
    }
}
