using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>The pool of those who name none, pools in workers of pools, and what is left of pools whose session is gone. Each in a session of its own.</summary>
public sealed class DefaultPoolTests : PoolTest
{
    [Fact]
    public void It_grows_with_the_throttle_limit_keeps_its_workers_and_obeys_a_smaller_preference()
    {
        Assert.Equal(["3", "3", "True", "1", "True", "1"], RunInAnotherSession("""
            $PSIpcPreference = @{ PoolWorkerCount = 2 }
            $null = Invoke-ProcessPool { 1 }
            $all = New-IpcBarrier -ParticipantCount 3
            $first = 1..3 | Invoke-ProcessPool { $null = Wait-IpcBarrier $using:all -Timeout 120; $PID } -ThrottleLimit 3 -ChunkSize 1
            $unique = @{}; $first | ForEach-Object { $unique[$_] = 1 }; $unique.Count
            (Get-ProcessPool).WorkerCount
            $second = 1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(5); $PID } -ThrottleLimit 3
            @($second | Where-Object { $_ -notin $first }).Count -eq 0
            @(Get-ProcessPool).Count
            (Get-ProcessPool).IsDefault
            $PSIpcPreference = @{ PoolWorkerCount = 1 }
            $now = New-SharedValue -Value 0; $most = New-SharedValue -Value 0
            1..50 | Invoke-ProcessPool { $n = ($using:now).Add(1); Update-SharedValue $using:most { [Math]::Max($_, $n) }; [Threading.Thread]::Sleep(2); $null = ($using:now).Add(-1) } -ChunkSize 1
            $most.Value
            """));
    }

    [Fact]
    public void A_setup_has_workers_of_its_own_that_stay_too()
    {
        Assert.Equal(["True", "True", "2"], RunInAnotherSession("""
            $PSIpcPreference = @{ PoolWorkerCount = 1 }
            function Get-One { 1 }
            $plain = Invoke-ProcessPool { $PID }
            $first = Invoke-ProcessPool { $null = Get-One; $PID } -Function Get-One
            $second = Invoke-ProcessPool { $null = Get-One; $PID } -Function Get-One
            $first -ne $plain
            $first -eq $second
            @(Get-ProcessPool).Count
            """));
    }

    [Fact]
    public void The_preference_sets_its_size_and_how_long_it_stays()
    {
        Assert.Equal(["1", "1", "0", "True"], RunInAnotherSession("""
            $PSIpcPreference = @{ PoolWorkerCount = 1; PoolIdleTimeout = 0.2 }
            $first = 1..20 | Invoke-ProcessPool { $PID }
            $unique = @{}; $first | ForEach-Object { $unique[$_] = 1 }; $unique.Count
            (Get-ProcessPool).WorkerCount
            while (@((Get-ProcessPool).Workers).Count) { [Threading.Thread]::Sleep(20) }
            (Get-ProcessPool).Restarts
            (Invoke-ProcessPool { $PID }) -ne $first[0]
            """));
    }

    [Fact]
    public void A_smaller_preference_holds_for_the_calls_after_it()
    {
        Assert.Equal(["1"], RunInAnotherSession("""
            $null = 1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(2) } -ThrottleLimit 3
            $PSIpcPreference = @{ PoolWorkerCount = 1 }
            $now = New-SharedValue -Value 0; $most = New-SharedValue -Value 0
            1..50 | Invoke-ProcessPool { $n = ($using:now).Add(1); Update-SharedValue $using:most { [Math]::Max($_, $n) }; [Threading.Thread]::Sleep(2); $null = ($using:now).Add(-1) } -ChunkSize 1
            $most.Value
            """));
    }

    [Fact]
    public void Pools_in_workers_of_pools_work_and_share_the_processors()
    {
        string[] output = RunInAnotherSession("""
            1..4 | Invoke-ProcessPool { $outer = $_; 1..3 | Invoke-ProcessPool { $middle = $_; 1..2 | Invoke-ProcessPool { "$using:outer-$using:middle-$_" } } }
            $sizes = 1..2 | Invoke-ProcessPool { $null = Invoke-ProcessPool { 1 }; (Get-ProcessPool).WorkerCount } -ThrottleLimit ([Environment]::ProcessorCount)
            "$sizes"
            """);
        Assert.Equal(
            Enumerable.Range(1, 4).SelectMany(o => Enumerable.Range(1, 3).SelectMany(m => Enumerable.Range(1, 2).Select(i => $"{o}-{m}-{i}"))),
            output[..^1]);
        Assert.Equal("1 1", output[^1]);
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void A_block_that_calls_itself_for_ever_comes_to_an_error()
    {
        string[] output = RunInAnotherSession("""
            function Dig { Invoke-ProcessPool { Dig } -Function Dig -ErrorAction Stop }
            try { Dig } catch { "$($_.FullyQualifiedErrorId)" }
            """);
        Assert.StartsWith("IpcNotSupported", Assert.Single(output), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left_when_the_session_ends()
    {
        using var folder = new TemporaryFolder();
        using var temporary = new TemporaryFolder(); // Where the runtime and PowerShell have sockets of each process.
        string[] output = RunInAnotherSession(
            """
            Invoke-ProcessPool { $PID }
            $p = New-ProcessPool -WorkerCount 1; $p.Invoke({ $PID }); $null = Start-ProcessPoolTask -Pool $p { while ($true) { } }
            $q = New-IpcQueue; $child = Start-IpcProcess { Send-IpcMessage $using:q $PID; [Threading.Thread]::Sleep(600000) }; Receive-IpcMessage $q
            """,
            ("PSIPC_DIRECTORY", folder.Path),
            ("TMPDIR", temporary.Path));
        int[] workers = [.. output.Select(int.Parse)];
        WaitUntil(() => !workers.Any(IsAlive), "the workers are gone");
        AssertNothingIsLeft(folder.Path);
        WaitUntil(() => !Directory.EnumerateFileSystemEntries(temporary.Path).Any(), "the sockets of all are gone");
    }

    [Fact]
    public void No_worker_outlives_a_session_that_is_killed()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "killed.ps1");
        File.WriteAllText(script, """
            $pool = New-ProcessPool -WorkerCount 1
            $ids = New-IpcQueue
            $task = Start-ProcessPoolTask -Pool $pool {
                $inner = Invoke-ProcessPool { $PID }
                Send-IpcMessage $using:ids "$PID $inner"
                [Threading.Thread]::Sleep(600000)
            }
            [Console]::WriteLine("$(Receive-IpcMessage $ids) $(Invoke-ProcessPool { $PID })")
            [Threading.Thread]::Sleep(600000)
            """);
        string shared = Directory.CreateDirectory(Path.Combine(folder.Path, "shared")).FullName;
        var start = new ProcessStartInfo(TestPaths.Host, [script]) { RedirectStandardOutput = true };
        start.Environment["PSIPC_DIRECTORY"] = shared;
        using Process session = Process.Start(start)!;
        int[] workers = [.. session.StandardOutput.ReadLine()!.Split(' ').Select(int.Parse).Distinct()];
        Assert.Equal(3, workers.Length);
        session.Kill();
        WaitUntil(() => !workers.Any(IsAlive), "the workers are gone");
        AssertNothingIsLeft(shared);
    }

    /// <summary>What killed processes leave behind is swept by the next one that looks.</summary>
    private static void AssertNothingIsLeft(string folder)
    {
        Assert.Empty(RunInAnotherSession("Get-IpcObject -Kind Pool; Get-IpcObject", ("PSIPC_DIRECTORY", folder)));
        Assert.DoesNotContain(
            Directory.GetFiles(folder, "*", SearchOption.AllDirectories),
            f => f.Contains("worker", StringComparison.Ordinal) || f.Contains("pool", StringComparison.Ordinal) || f.Contains("default", StringComparison.Ordinal));
    }
}
