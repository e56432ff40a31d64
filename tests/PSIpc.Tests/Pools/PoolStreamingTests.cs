using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Results come while input comes, in order or not; input is read no faster than needed; a pipeline that is stopped is over at once.</summary>
public sealed class PoolStreamingTests : PoolTest
{
    [Fact]
    public void Results_come_in_the_order_of_the_input_whichever_item_ends_first()
    {
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $last = New-IpcEvent
            1..50 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {
                if ($_ -eq 1) { $null = Wait-IpcEvent $using:last } elseif ($_ -eq 50) { Set-IpcEvent $using:last }
                $_; "of $_"
            }
            """);
        Assert.Equal(Enumerable.Range(1, 50).SelectMany(i => new object[] { i, $"of {i}" }), output);
    }

    [Fact]
    public void Unordered_results_come_as_items_end()
    {
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $last = New-IpcEvent
            1..50 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 -Unordered {
                if ($_ -eq 1) { $null = Wait-IpcEvent $using:last } elseif ($_ -eq 50) { Set-IpcEvent $using:last }
                $_
            }
            """);
        Assert.NotEqual(1, output[0]);
        Assert.Equal(Enumerable.Range(1, 50), output.Cast<int>().Order());
    }

    [Fact]
    public void The_first_result_is_seen_before_the_last_input_is_produced()
    {
        // The producer goes on until a result of what it has produced is seen; the limit is against a hang.
        object?[] output = Session.RunCleanly("""
            & { for ($i = 0; -not $global:seen -and $i -lt 1e7; $i++) { $i }; $global:inTime = $global:seen; 'last' } |
                Invoke-ProcessPool { $_ } | ForEach-Object { $global:seen = $true; $last = $_ }
            $inTime; $last
            """);
        Assert.Equal([true, "last"], output);
    }

    [Fact]
    public void A_long_items_output_is_seen_while_it_runs()
    {
        object?[] output = Session.RunCleanly("""
            $go = New-IpcEvent
            Invoke-ProcessPool { 'first'; $null = Wait-IpcEvent $using:go; 'second' } | ForEach-Object { $_; if ($_ -eq 'first') { Set-IpcEvent $go } }
            """);
        Assert.Equal(["first", "second"], output);
    }

    [Fact]
    public void Input_is_read_only_as_far_as_workers_and_the_reader_of_results_come()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool held -WorkerCount 2; $gate = New-IpcEvent");
        using PowerShell pipeline = Session.NewPipeline("""
            & { foreach ($i in 1..1e9) { $global:produced = $i; $i } } | Invoke-ProcessPool -Pool $pool { $null = Wait-IpcEvent $using:gate; $_ }
            """);
        pipeline.BeginInvoke();
        WaitUntil(observer, "$p = Get-ProcessPool held; $p.Pending + $p.Running -ge 8000");
        Thread.Sleep(200); // It could go on reading now; that it does not cannot be waited for.
        Assert.InRange((long)observer.RunCleanly("$p = Get-ProcessPool held; $p.Pending + $p.Running")[0]!, 8000, 8192);
        pipeline.Stop();
        Assert.InRange((int)Session.RunCleanly("$produced")[0]!, 8000, 8193);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_the_call()
    {
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $n = 0
            do { 1..1e9 | Invoke-ProcessPool -Pool $pool { $_ } | ForEach-Object { $_; if (++$n -eq 5) { break } } } while ($false)
            """);
        Assert.Equal([1, 2, 3, 4, 5], output);

        // What was on its way is given up, and the workers are free.
        Assert.Equal([0L, 20], Session.RunCleanly("$pool.Pending; @(1..20 | Invoke-ProcessPool -Pool $pool { $_ }).Count"));
    }

    [Fact]
    public void A_stopped_pipeline_ends_though_its_workers_are_stuck_and_they_are_replaced()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool stuck -WorkerCount 2");

        // An item that was begun and has not come to its sleep is stopped, and its worker lives: then it is tried again.
        WaitUntil(
            () =>
            {
                int[] before = Session.RunCleanly("$null = 1..10 | Invoke-ProcessPool -Pool stuck { $_ }; $pool.Workers.ProcessId").Cast<int>().ToArray();
                using PowerShell pipeline = Session.NewPipeline("1..100 | Invoke-ProcessPool -Pool stuck { [Threading.Thread]::Sleep(600000) }");
                pipeline.BeginInvoke();
                WaitUntil(observer, "(Get-ProcessPool stuck).Running -eq 2");
                pipeline.Stop(); // Would last ten minutes if it waited for them.
                WaitUntil(observer, "(Get-ProcessPool stuck).Running -eq 0");
                Assert.Equal([10], Session.RunCleanly("@(1..10 | Invoke-ProcessPool -Pool stuck { $_ }).Count"));
                return !before.Any(IsAlive);
            },
            "the stuck workers are replaced");
    }

    [Fact]
    public void A_stopped_pipeline_keeps_workers_that_can_be_stopped()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool waiting -WorkerCount 1; $never = New-IpcEvent");

        // On a machine that is busy with other things a worker may take longer than the grace, now and then.
        WaitUntil(
            () =>
            {
                long before = (long)Session.RunCleanly("$pool.Restarts")[0]!;
                using PowerShell pipeline = Session.NewPipeline("1..100 | Invoke-ProcessPool -Pool waiting { try { Wait-IpcEvent $using:never } finally { $global:cleaned = $true } }");
                pipeline.BeginInvoke();
                WaitUntil(observer, "(Get-ProcessPool waiting).Running -eq 1");
                pipeline.Stop();
                object?[] after = Session.RunCleanly("Invoke-ProcessPool -Pool waiting { $cleaned }; $pool.Restarts");
                return after[0] is true && after[1] is long restarts && restarts == before;
            },
            "a worker that goes on after a stop");
    }

    [Fact]
    public void What_is_done_when_the_time_is_over_is_written_though_an_item_before_it_is_not()
    {
        object?[] output = Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $null = 1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20) } -Pool $pool
            @(1..10 | Invoke-ProcessPool { if ($_ -eq 1) { [Threading.Thread]::Sleep(600000) }; $_ } -Pool $pool -Timeout 5 -ErrorVariable late -ErrorAction SilentlyContinue)
            "$(@($late).FullyQualifiedErrorId)"
            """);
        Assert.Equal([.. Enumerable.Range(2, 9).Cast<object?>(), "IpcTimeout,PSIpc.InvokeProcessPoolCommand"], output);
    }

    [Fact]
    public void A_call_whose_time_is_over_reads_no_more_input()
    {
        ErrorRecord error = Session.RunForError("1..1e9 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20) } -Timeout 0.5; $after = 'reached'");
        AssertError("IpcTimeout", ErrorCategory.OperationTimeout, error);
        Assert.Equal(["reached"], Session.RunCleanly("$after"));
        AssertError("IpcTimeout", ErrorCategory.OperationTimeout, Session.RunForError("""
            & { 1; foreach ($i in 1..1e9) { [Threading.Thread]::Sleep(5); 2 } } | Invoke-ProcessPool { $_ } -Timeout 0.5 | ForEach-Object { }
            """));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-RetryCount 1")]
    public void Large_results_that_have_to_wait_for_a_slow_item_do_not_hold_it_up(string parameters)
    {
        // The second item writes more than is held before its turn comes, and the first waits for it.
        object?[] output = Session.RunCleanly($$"""
            $pool = New-ProcessPool -WorkerCount 2
            $null = 1..4 | Invoke-ProcessPool -Pool $pool { $_ }
            $go = New-IpcEvent
            $sizes = 1..2 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {{parameters}} {
                if ($_ -eq 1) { $null = Wait-IpcEvent $using:go -Timeout 60; 'first' }
                else { for ($i = 0; $i -lt 90; $i++) { , [byte[]]::new(1MB); if ($i -eq 50) { Set-IpcEvent $using:go } } }
            } | ForEach-Object { $_.Length }
            $sizes.Count; $sizes[0]; $sizes[-1]
            """);
        Assert.Equal([91, 5, 1 << 20], output);
    }

    [Fact]
    public void Two_pipelines_in_one_and_one_inside_another_share_a_pool()
    {
        Assert.Equal([2000, 4000, 8000], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2
            $r = 1..2000 | Invoke-ProcessPool -Pool $pool { $_ * 2 } | Invoke-ProcessPool -Pool $pool { $_ * 2 }
            $r.Count; $r[999]; $r[1999]
            """));
        Assert.Equal(Enumerable.Range(1, 20).SelectMany(i => new object?[] { i, i * i }), Session.RunCleanly("""
            1..20 | Invoke-ProcessPool -Pool $pool { $_ } | ForEach-Object { $_; $_ | Invoke-ProcessPool -Pool $pool { $_ * $_ } }
            """));
    }
}
