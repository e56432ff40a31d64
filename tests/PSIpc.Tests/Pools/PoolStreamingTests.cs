using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Results come while input comes, in order or not; input is read no faster than needed; a pipeline that is stopped is over at once.</summary>
public sealed class PoolStreamingTests : PoolTest
{
    [Fact]
    public void Results_come_in_the_order_of_the_input_whichever_item_ends_first()
    {
        UseSharedPool(workers: 2);
        object?[] output = Session.RunCleanly("""
            $last = New-IpcEvent
            1..50 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {
                if ($_ -eq 1) { $null = Wait-IpcEvent $using:last } elseif ($_ -eq 50) { Set-IpcEvent $using:last }
                $_; "of $_"
            }
            """);
        Assert.Equal(Enumerable.Range(1, 50).SelectMany(i => new object[] { i, $"of {i}" }), output);
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
        UseSharedPool(workers: 2);
        Session.RunCleanly("$gate = New-IpcEvent");
        using PowerShell pipeline = Session.NewPipeline("""
            & { foreach ($i in 1..1e9) { $global:produced = $i; $i } } | Invoke-ProcessPool -Pool $pool { $null = Wait-IpcEvent $using:gate; $_ }
            """);
        pipeline.BeginInvoke();
        WaitUntil(observer, $"$p = Get-ProcessPool {SharedPool(2)}; $p.Pending + $p.Running -ge 8000");
        Thread.Sleep(200); // It could go on reading now; that it does not cannot be waited for.
        Assert.InRange((long)observer.RunCleanly($"$p = Get-ProcessPool {SharedPool(2)}; $p.Pending + $p.Running")[0]!, 8000, 8192);
        pipeline.Stop();
        Assert.InRange((int)Session.RunCleanly("$produced")[0]!, 8000, 8193);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_the_call()
    {
        UseSharedPool(workers: 2);
        object?[] output = Session.RunCleanly("""
            $n = 0
            do { 1..1e9 | Invoke-ProcessPool -Pool $pool { $_ } | ForEach-Object { $_; if (++$n -eq 5) { break } } } while ($false)
            """);
        Assert.Equal([1, 2, 3, 4, 5], output);

        // What was on its way is given up, and the workers are free.
        Assert.Equal([0L, 20], Session.RunCleanly("$pool.Pending; @(1..20 | Invoke-ProcessPool -Pool $pool { $_ }).Count"));
    }

    [Fact]
    public void A_stopped_pipeline_keeps_workers_that_can_be_stopped_and_replaces_those_that_are_stuck()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("$pool = New-ProcessPool stopped -WorkerCount 1; $never = New-IpcEvent");

        // On a machine that is busy with other things a worker may take longer than the grace, now and then.
        WaitUntil(
            () =>
            {
                long before = (long)Session.RunCleanly("$pool.Restarts")[0]!;
                StopWhenItRuns("1..100 | Invoke-ProcessPool -Pool stopped { try { Wait-IpcEvent $using:never } finally { $global:cleaned = $true } }");
                object?[] after = Session.RunCleanly("Invoke-ProcessPool -Pool stopped { $cleaned }; $pool.Restarts");
                return after[0] is true && after[1] is long restarts && restarts == before;
            },
            "a worker that goes on after a stop");

        // An item that was begun and has not come to its sleep is stopped, and its worker lives: then it is tried again.
        WaitUntil(
            () =>
            {
                int before = (int)Session.RunCleanly("Invoke-ProcessPool -Pool stopped { $PID }")[0]!;
                StopWhenItRuns("1..100 | Invoke-ProcessPool -Pool stopped { [Threading.Thread]::Sleep(600000) }"); // Would last ten minutes if it waited for them.
                WaitUntil(observer, "(Get-ProcessPool stopped).Running -eq 0");
                Assert.Equal([10], Session.RunCleanly("@(1..10 | Invoke-ProcessPool -Pool stopped { $_ }).Count"));
                return !IsAlive(before);
            },
            "the stuck worker is replaced");

        void StopWhenItRuns(string script)
        {
            using PowerShell pipeline = Session.NewPipeline(script);
            pipeline.BeginInvoke();
            WaitUntil(observer, "(Get-ProcessPool stopped).Running -eq 1");
            pipeline.Stop();
        }
    }

    [Fact]
    public void What_is_done_when_the_time_is_over_is_written_though_an_item_before_it_is_not()
    {
        object?[] output = Session.RunCleanly("""
            $null = 1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20) } -ThrottleLimit 2
            @(1..10 | Invoke-ProcessPool { if ($_ -eq 1) { [Threading.Thread]::Sleep(600000) }; $_ } -ThrottleLimit 2 -Timeout 8 -ErrorVariable late -ErrorAction SilentlyContinue)
            "$(@($late).FullyQualifiedErrorId)"
            """);
        Assert.Equal([.. Enumerable.Range(2, 9).Cast<object?>(), "IpcTimeout,PSIpc.InvokeProcessPoolCommand"], output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-RetryCount 1")]
    public void Large_results_that_have_to_wait_for_a_slow_item_do_not_hold_it_up(string parameters)
    {
        // The second item writes more than is held before its turn comes, and the first waits for it.
        UseSharedPool(workers: 2);
        object?[] output = Session.RunCleanly($$"""
            $go = New-IpcEvent
            $sizes = 1..2 | Invoke-ProcessPool -Pool $pool -ChunkSize 1 {{parameters}} {
                if ($_ -eq 1) { $null = Wait-IpcEvent $using:go -Timeout 120; 'first' }
                else { for ($i = 0; $i -lt 90; $i++) { , [byte[]]::new(1MB); if ($i -eq 50) { Set-IpcEvent $using:go } } }
            } | ForEach-Object { $_.Length }
            $sizes.Count; $sizes[0]; $sizes[-1]
            """);
        Assert.Equal([91, 5, 1 << 20], output);
    }
}
