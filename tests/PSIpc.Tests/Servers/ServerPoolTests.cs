namespace PSIpc.Tests;

/// <summary>Pools whose workers are reached through a server. Each pool is in a process of its own, as each machine would be.</summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerPoolTests(RabbitBroker broker) : ServerTest(broker)
{
    [Fact]
    public void Items_run_on_the_workers_of_other_machines_as_on_ones_own()
    {
        StartWorkers(2);
        object?[] output = RunCaller("""
            function Double($x) { 2 * $x }
            $pool = New-ProcessPool $name -Server $server -Function Double
            $factor = 10
            $results = @(1..100 | Invoke-ProcessPool { Double ($_ * $using:factor) } -Pool $pool)
            "$($results.Count) $($results[0]) $($results[99])"
            $pids = @(1..40 | Invoke-ProcessPool { [Threading.Thread]::Sleep(20); $PID } -Pool $pool | ForEach-Object { $_ })
            "$(@($pids | & { $seen = @{}; foreach ($p in $input) { $seen[$p] = 1 }; $seen.Keys }).Count) processes, none of them this: $($PID -notin $pids)"
            $mixed = @(1..3 | Invoke-ProcessPool { if ($_ -eq 2) { throw "two is wrong" }; "item $_" } -Pool $pool -ErrorVariable wrong -ErrorAction SilentlyContinue)
            "$mixed; $($wrong[0]); $($wrong[0].TargetObject)"
            "$(Invoke-ProcessPool { begin { $n = 0 } process { $n++ } end { "n=$n" } } -InputObject 5 -Pool $pool)"
            $task = Start-ProcessPoolTask { param($a) "task $a" } -ArgumentList 7 -Pool $pool
            "$(Receive-ProcessPoolTask $task)"
            "$($pool.Invoke({ param($a, $b) $a * $b }, 6, 7))"
            Remove-ProcessPool $pool
            """);
        Assert.Equal(
            ["100 20 2000", "2 processes, none of them this: True", "item 1 item 3; two is wrong; 2", "n=1", "task 7", "42"],
            output);
    }

    [Fact]
    public void Objects_on_the_server_come_along_and_those_of_this_machines_memory_do_not_need_to()
    {
        StartWorkers(1);
        object?[] output = RunCaller($$"""
            $pool = New-ProcessPool $name -Server $server
            $q = New-IpcQueue {{Name}} -Server $server
            1..3 | Invoke-ProcessPool { Send-IpcMessage $using:q "sent $_" } -Pool $pool
            Receive-IpcMessage $q -Count 3 -Timeout 60
            Remove-ProcessPool $pool
            """);
        Assert.Equal(["sent 1", "sent 2", "sent 3"], output);
    }

    [Theory]
    [Trait("Tier", "Long")]
    [InlineData(0)]
    [InlineData(2)]
    public void A_machine_that_is_killed_costs_what_it_was_running(int retries)
    {
        // One item a batch, since it takes as long as a batch is to take; and a worker has one batch and the next.
        StartWorkers(2);
        object?[] output = RunCaller($$"""
            $pool = New-ProcessPool $name -Server $server -WorkerCount 2
            $results = @(1..120 | Invoke-ProcessPool { [Threading.Thread]::Sleep(50); $_ } -Pool $pool -RetryCount {{retries}} -ErrorVariable lost -ErrorAction SilentlyContinue | & {
                process {
                    if ($_ -eq 20) { [Diagnostics.Process]::GetProcessById($victim).Kill() }
                    $_
                }
            })
            "$($results.Count + $lost.Count) $($lost.Count -le 2) $(@($lost | Where-Object { $_.FullyQualifiedErrorId -notlike 'IpcWorkerDied*' }).Count) $({{retries}} -eq 0 -or $lost.Count -eq 0)"
            Remove-ProcessPool $pool
            """);
        Assert.Equal(["120 True 0 True"], output);
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void A_server_that_is_killed_and_comes_back_loses_nothing_and_doubles_nothing()
    {
        StartWorkers(2);
        StartCaller("""
            $pool = New-ProcessPool $name -Server $server -WorkerCount 2
            $results = @(1..150 | Invoke-ProcessPool { [Threading.Thread]::Sleep(50); $_ } -Pool $pool | & { process { if ($_ -eq 20) { Send-IpcMessage $half 'half' }; $_ } })
            "$($results.Count) $([Linq.Enumerable]::SequenceEqual([int[]](1..150), [int[]]$results))"
            Remove-ProcessPool $pool
            """);
        Session.RunCleanly("$null = Receive-IpcMessage $half -Timeout 120");
        Broker.Kill();
        Broker.StartAgain();
        Assert.Equal(["150 True"], Results());
    }

    [Fact]
    public void Workers_of_another_key_take_nothing()
    {
        StartWorkers(1, "-Key 'the wrong key'");
        object?[] output = RunCaller("""
            $pool = New-ProcessPool $name -Server $server -Key 'the right key'
            Invoke-ProcessPool { 1 } -Pool $pool -Timeout 5 -ErrorVariable late -ErrorAction SilentlyContinue
            "$(@($late)[0].FullyQualifiedErrorId)"
            Remove-ProcessPool $pool -Force
            """);
        Assert.Equal(["IpcTimeout,PSIpc.InvokeProcessPoolCommand"], output);
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void A_worker_that_is_asked_to_stop_finishes_what_it_has()
    {
        StartWorkers(2);
        StartCaller("""
            $pool = New-ProcessPool $name -Server $server -WorkerCount 2
            $results = @(1..100 | Invoke-ProcessPool { [Threading.Thread]::Sleep(50); $_ } -Pool $pool | & { process { if ($_ -eq 10) { Send-IpcMessage $half 'stop' }; $_ } })
            "$($results.Count)"
            Remove-ProcessPool $pool
            """);
        Assert.Equal(["True"], Session.RunCleanly("$null = Receive-IpcMessage $half -Timeout 120; Stop-IpcProcess $machines[0]; \"$($null -ne ($machines[0] | Wait-IpcProcess -Timeout 60))\""));
        Assert.Equal(["100"], Results());
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void Two_keys_serve_callers_of_either_while_a_key_is_changed()
    {
        StartWorkers(1, "-Key 'the new key of it', 'the old key of it'");
        object?[] output = RunCaller("""
            foreach ($key in 'the old key of it', 'the new key of it') {
                $pool = New-ProcessPool $name -Server $server -Key $key
                "$(Invoke-ProcessPool { 6 * 7 } -Pool $pool -Timeout 60)"
                Remove-ProcessPool $pool
            }
            """);
        Assert.Equal(["42", "42"], output);
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void A_result_that_is_too_large_to_travel_is_an_error_at_once()
    {
        StartWorkers(1);
        object?[] output = RunCaller("""
            $pool = New-ProcessPool $name -Server $server
            $large = @(Invoke-ProcessPool { , [byte[]]::new(5MB) } -Pool $pool)[0]
            "$($large.Length)"
            Invoke-ProcessPool { , [byte[]]::new(130MB) } -Pool $pool -ErrorVariable large -ErrorAction SilentlyContinue
            "$(@($large)[0].FullyQualifiedErrorId)"
            Remove-ProcessPool $pool
            """);
        Assert.Equal(["5242880", "IpcMessageTooLarge,PSIpc.InvokeProcessPoolCommand"], output);
    }

    [Fact]
    public void The_workers_of_a_pool_are_shown_with_their_machines_and_a_pool_without_workers_says_that_it_waits()
    {
        StartWorkers(1);
        object?[] output = RunCaller("""
            $none = New-ProcessPool "$name-none" -Server $server
            $waiting = Start-ProcessPoolTask { 1 } -Pool $none
            $pool = New-ProcessPool $name -Server $server
            $null = Invoke-ProcessPool { 1 } -Pool $pool
            while (-not $pool.Workers) { [Threading.Thread]::Sleep(50) }
            "$($pool.Workers[0].HostName -eq [Environment]::MachineName) $($pool.HostName -join " ") $($pool.Workers.Count)"
            while (-not $none.WaitReason) { [Threading.Thread]::Sleep(50) }
            $none.WaitReason -match 'No worker of pool'
            Remove-ProcessPool $none -Force
            Remove-ProcessPool $pool
            """);
        Assert.Equal([$"True {Environment.MachineName} 1", true], output);
    }

    [Fact]
    public void A_caller_that_ends_without_removing_its_pool_leaves_no_queue_and_frees_the_workers()
    {
        StartWorkers(1);
        RunCaller("""
            $pool = New-ProcessPool $name -Server $server
            $null = Invoke-ProcessPool { 1 } -Pool $pool
            $null = 1..4 | ForEach-Object { Start-ProcessPoolTask { [Threading.Thread]::Sleep(600000) } -Pool $pool }
            """);
        object?[] output = RunCaller("""
            $pool = New-ProcessPool $name -Server $server
            "$(Invoke-ProcessPool { 'free' } -Pool $pool -Timeout 30)"
            Remove-ProcessPool $pool
            """);
        Assert.Equal(["free"], output);
        Assert.DoesNotContain(Broker.Ask("list_queues", "name"), q => q[0].StartsWith("psipc.replies", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("New-ProcessPool -Key 'some key'", "IpcInvalidArgument")]
    [InlineData("New-ProcessPool -Server $server -Key 'short'", "IpcInvalidArgument")]
    [InlineData("New-ProcessPool -Server no-such-server", "IpcNotFound")]
    [InlineData("Start-ProcessPoolWorker no-such-server render", "IpcNotFound")]
    [InlineData("Start-ProcessPoolWorker $server 'bad name!'", "IpcInvalidName")]
    public void Wrong_arguments_are_errors(string script, string id) =>
        Assert.StartsWith(id + ",", Session.RunForError(script).FullyQualifiedErrorId, StringComparison.Ordinal);

    private void StartWorkers(int machines, string more = "") => Session.RunCleanly($$"""
        $pool = '{{Name}}'; $serverName = $server.Name; $half = New-IpcQueue
        $machines = @(1..{{machines}} | ForEach-Object { Start-IpcProcess { Start-ProcessPoolWorker $using:serverName $using:pool -Count 1 {{more}} } })
        """);

    private object?[] RunCaller(string script)
    {
        StartCaller(script);
        return Results();
    }

    /// <summary>Starts a script in a process that is to have a pool.</summary>
    private void StartCaller(string script) => Session.RunCleanly($$"""
        $victim = $machines[0].ProcessId
        $caller = Start-IpcProcess {
            $server = $using:serverName; $name = $using:pool; $half = $using:half; $victim = $using:victim
            {{script}}
        }
        """);

    private object?[] Results() => Session.RunCleanly("Receive-IpcProcess $caller -Wait");
}
