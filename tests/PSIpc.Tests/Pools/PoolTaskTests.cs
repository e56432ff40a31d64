using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Tasks: begun now, asked for later.</summary>
public sealed class PoolTaskTests : PoolTest
{
    [Fact]
    public void A_task_gives_its_output_as_often_as_it_is_asked_for()
    {
        Assert.Equal([1, 2, "5 a", 1, 2, "5 a", "Completed", true], Session.RunCleanly("""
            $x = 5
            $task = Start-ProcessPoolTask { param($p) 1; 2; "$using:x $p" } -ArgumentList a
            $task | Receive-ProcessPoolTask
            Receive-ProcessPoolTask $task
            "$($task.State)"; $task.IsCompleted
            """));
    }

    [Fact]
    public void Each_object_of_the_pipeline_is_a_task()
    {
        Assert.Equal([1, 4, 9, 3], Session.RunCleanly("""
            $tasks = 1..3 | Start-ProcessPoolTask { $_ * $_ }
            $tasks | Receive-ProcessPoolTask
            $tasks.Count
            """));
    }

    [Fact]
    public void An_error_is_thrown_each_time_and_the_output_before_it_is_there()
    {
        Session.RunCleanly("$task = Start-ProcessPoolTask { 'before'; throw 'bad' }");
        for (int i = 0; i < 2; i++)
        {
            ErrorRecord error = RunForThrow("$got = $null; Receive-ProcessPoolTask $task -OutVariable got");
            Assert.Equal("bad", error.Exception.Message);
            Assert.Equal(["before"], Session.RunCleanly("\"$got\""));
        }

        Assert.Equal(["Failed", "bad"], Session.RunCleanly("\"$($task.State)\"; $task.Error.Exception.Message"));
    }

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
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
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
    public void Wait_takes_all_any_and_a_time()
    {
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $gate = New-IpcEvent
            $slow = Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate; 'slow' }
            $quick = Start-ProcessPoolTask -Pool $pool { 'quick' }
            ($slow, $quick | Wait-ProcessPoolTask -Any).Id -eq $quick.Id
            ($slow, $quick | Wait-ProcessPoolTask -Timeout 0.1 -ErrorAction SilentlyContinue -ErrorVariable late).Id -eq $quick.Id
            "$($late.FullyQualifiedErrorId)" -like 'IpcTimeout,*'
            Set-IpcEvent $gate
            @($slow, $quick | Wait-ProcessPoolTask).Count
            """);
        Assert.Equal([true, true, true, 2], output);
    }

    [Fact]
    public void A_receive_that_takes_too_long_is_an_error_and_the_task_goes_on()
    {
        Session.RunCleanly("$gate = New-IpcEvent; $task = Start-ProcessPoolTask { $null = Wait-IpcEvent $using:gate; 'done' }");
        AssertError("IpcTimeout", ErrorCategory.OperationTimeout, Session.RunForError("Receive-ProcessPoolTask $task -Timeout 0.1"));
        Assert.Equal(["done", "done", true], Session.RunCleanly("Set-IpcEvent $gate; Receive-ProcessPoolTask $task -Timeout 60; $task.Receive(60); $task.Wait(0)"));
    }

    [Fact]
    public void A_waiting_task_is_stopped_at_once_and_never_begun()
    {
        Assert.Equal(["Stopped", "Running", false], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1
            $gate = New-IpcEvent
            $begun = New-IpcEvent
            $first = Start-ProcessPoolTask -Pool $pool { $null = Wait-IpcEvent $using:gate }
            $second = Start-ProcessPoolTask -Pool $pool { Set-IpcEvent $using:begun }
            while ("$($first.State)" -ne 'Running') { [Threading.Thread]::Sleep(5) }
            Stop-ProcessPoolTask $second
            "$($second.State)"; "$($first.State)"
            Set-IpcEvent $gate
            Receive-ProcessPoolTask $first
            $begun.IsSet
            """));
        AssertError("IpcClosed", ErrorCategory.ResourceUnavailable, Session.RunForError("Receive-ProcessPoolTask $second"));
        Assert.Contains("stopped", RunForThrow("$second.Receive()").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_task_is_stopped_as_by_ctrl_c_and_its_worker_lives()
    {
        Session.RunCleanly("$pool = New-ProcessPool -WorkerCount 1; $never = New-IpcEvent");

        // On a machine that is busy with other things a worker may take longer than the grace, now and then.
        WaitUntil(
            () => Session.RunCleanly("""
                $before = $pool.Restarts
                $task = Start-ProcessPoolTask -Pool $pool { try { $null = Wait-IpcEvent $using:never } finally { $global:cleaned = $true } }
                while ("$($task.State)" -ne 'Running') { [Threading.Thread]::Sleep(5) }
                Stop-ProcessPoolTask $task
                "$($task.State)"
                Receive-ProcessPoolTask (Start-ProcessPoolTask -Pool $pool { $cleaned })
                $pool.Restarts -eq $before
                """) is ["Stopped", true, true],
            "a worker that goes on after a stop");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Force")]
    public void A_stuck_task_is_stopped_by_killing_its_worker(string force)
    {
        Session.RunCleanly("$pool = New-ProcessPool -WorkerCount 1");

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

    [Fact]
    public void WhatIf_stops_nothing()
    {
        Assert.Equal(["Running"], Session.RunCleanly("""
            $gate = New-IpcEvent
            $task = Start-ProcessPoolTask { $null = Wait-IpcEvent $using:gate }
            while ("$($task.State)" -ne 'Running') { [Threading.Thread]::Sleep(5) }
            Stop-ProcessPoolTask $task -WhatIf
            "$($task.State)"
            Set-IpcEvent $gate
            """));
    }

    [Fact]
    public void A_task_fails_with_its_worker_and_by_its_time()
    {
        AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, RunForThrow("Start-ProcessPoolTask { exit 2 } | Receive-ProcessPoolTask"));
        AssertError("IpcTaskTimeout", ErrorCategory.OperationTimeout, RunForThrow("Start-ProcessPoolTask { [Threading.Thread]::Sleep(600000) } -TaskTimeout 0.5 | Receive-ProcessPoolTask"));
        Assert.Equal(["in the end"], Session.RunCleanly("""
            $tries = New-SharedValue -Value 0
            Start-ProcessPoolTask { if (($using:tries).Add(1) -lt 3) { exit 1 }; 'in the end' } -RetryCount 5 | Receive-ProcessPoolTask
            """));
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

    [Fact]
    public void Invoke_and_Start_of_a_pool_run_a_block_with_arguments()
    {
        Assert.Equal([3, true, 3, 2, "5"], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $pool.Invoke({ param($a, $b) $a + $b }, 1, 2)
            $null -eq $pool.Invoke({ })
            $pool.Invoke({ 1, 2, 3 }).Count
            $task = $pool.Start({ param($x) $x * 2 }, 1)
            $task.Receive()
            $pool.Invoke({ "$args" }, 5)
            """));
        Assert.Contains("bad", RunForThrow("$pool.Invoke({ throw 'bad' })").Exception.Message, StringComparison.Ordinal);
        Assert.Contains("code 6", RunForThrow("$pool.Invoke({ exit 6 })").Exception.Message, StringComparison.Ordinal);
        Assert.Equal([1], Session.RunCleanly("$pool.Invoke({ 1 })"));
    }
}
