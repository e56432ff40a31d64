using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Locks, semaphores and events as a user calls them.</summary>
public sealed class SynchronizationCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Two_processes_and_Use_IpcLock_never_lose_an_update()
    {
        using var folder = new TemporaryFolder();
        object?[] output = _session.RunCleanly(
            """
            $lock = New-IpcLock
            [IO.File]::WriteAllText($path, '0')
            $work = { foreach ($i in 1..200) { Use-IpcLock $using:lock { [IO.File]::WriteAllText($using:path, [int][IO.File]::ReadAllText($using:path) + 1) } } }
            $processes = foreach ($i in 1..2) { Start-IpcProcess $work }
            $processes | Wait-IpcProcess | Receive-IpcProcess
            $processes | Remove-IpcProcess
            [IO.File]::ReadAllText($path)
            Remove-IpcLock $lock
            """,
            ("path", Path.Combine(folder.Path, "counter")));
        Assert.Equal(["400"], output);
    }

    [Fact]
    public void Use_IpcLock_runs_in_the_callers_scope_and_always_lets_go()
    {
        object?[] output = _session.RunCleanly("""
            $lock = New-IpcLock; $count = 0
            Use-IpcLock $lock { $count++; $lock.IsHeldHere; 'a'; 'b' }
            $count; $lock.IsHeld
            try { Use-IpcLock $lock { throw 'no' } } catch { "$_" }
            $lock.IsHeld
            foreach ($i in 1) { Use-IpcLock $lock { 1; 2; 3 } | ForEach-Object { $_; break } }
            $lock.IsHeld
            Use-IpcLock $lock.Name { 'by name' }
            Use-IpcLock $lock { Exit-IpcLock $lock; 'let go of' }
            Use-IpcLock $lock { Remove-IpcLock $lock; 'removed' }
            """);
        Assert.Equal([true, "a", "b", 1, false, "no", false, 1, false, "by name", "let go of", "removed"], output);
    }

    [Fact]
    public void Stopping_the_pipeline_lets_go_of_the_lock()
    {
        object shared = _session.RunCleanly("$lock = New-IpcLock; $lock")[0]!;
        using (PowerShell pipeline = _session.NewPipeline("Use-IpcLock $lock { while ($true) { [Threading.Thread]::Sleep(5) } }"))
        {
            pipeline.BeginInvoke();
            Assert.True(SpinWait.SpinUntil(() => (bool)shared.GetType().GetProperty("IsHeld")!.GetValue(shared)!, TimeSpan.FromSeconds(30)));
            pipeline.Stop();
        }

        Assert.Equal([false], _session.RunCleanly("$lock.IsHeld; Remove-IpcLock $lock"));
    }

    [Fact]
    public void A_lock_of_a_killed_process_is_taken_over_with_a_warning()
    {
        object?[] output = _session.RunCleanly("""
            $lock = New-IpcLock; $ready = New-IpcEvent
            $process = Start-IpcProcess { Enter-IpcLock $using:lock; Set-IpcEvent $using:ready; Wait-IpcEvent (New-IpcEvent) }
            Wait-IpcEvent $ready
            $lock.OwnerProcessId -eq $process.ProcessId
            Stop-IpcProcess $process -Force; $null = Wait-IpcProcess $process
            Enter-IpcLock $lock -Timeout 5 -WarningVariable warning -WarningAction SilentlyContinue
            $lock.Abandoned; "$warning" -match 'taken over'
            Exit-IpcLock $lock
            Remove-IpcProcess $process; Remove-IpcLock $lock; Remove-IpcEvent $ready
            """);
        Assert.Equal([true, true, true], output);
    }

    [Theory]
    [InlineData("$l = New-IpcLock; $l.Enter(); Enter-IpcLock (Get-IpcLock $l.Name) -Timeout 0.05; $l.Remove()", "IpcTimeout")]
    [InlineData("$l = New-IpcLock; Exit-IpcLock $l; $l.Remove()", "IpcNotOwner")]
    [InlineData("Enter-IpcLock nowhere", "IpcNotFound")]
    [InlineData("Use-IpcLock nowhere { 'runs' }", "IpcNotFound")]
    [InlineData("Enter-IpcLock 5", "IpcInvalidArgument")]
    [InlineData("$s = New-IpcSemaphore -Count 0; Enter-IpcSemaphore $s -Timeout 0.05; $s.Remove()", "IpcTimeout")]
    [InlineData("$s = New-IpcSemaphore -Count 1; Exit-IpcSemaphore $s; $s.Remove()", "IpcNotOwner")]
    [InlineData("$e = New-IpcEvent; Wait-IpcEvent $e -Timeout 0.05; $e.Remove()", "IpcTimeout")]
    [InlineData("$e = New-IpcEvent; Remove-IpcEvent $e; Set-IpcEvent $e", "IpcClosed")]
    public void What_cannot_be_is_an_error(string script, string id)
    {
        ErrorRecord error = _session.RunForError(script);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_semaphore_limits_processes_and_a_killed_one_gives_back()
    {
        object?[] output = _session.RunCleanly("""
            $permits = New-IpcSemaphore -Count 1 -Maximum 2
            $process = Start-IpcProcess { $permits = $using:permits; $permits.Enter(); 'in'; [Threading.Thread]::Sleep(-1) }
            $null = Wait-IpcObject $process -Timeout 0 -ErrorAction Ignore
            while ($permits.Count -gt 0) { [Threading.Thread]::Sleep(5) }
            $permits.TryEnter()
            Stop-IpcProcess $process -Force
            Enter-IpcSemaphore $permits -Timeout 5
            $permits.HeldHere; Exit-IpcSemaphore $permits -Count 2; $permits.Count
            Remove-IpcProcess $process -Force; Remove-IpcSemaphore $permits
            """);
        Assert.Equal([false, 1L, 2L], output);
    }

    [Fact]
    public void Events_wake_other_processes_and_Wait_IpcObject()
    {
        object?[] output = _session.RunCleanly("""
            $go = New-IpcEvent; $done = New-IpcEvent -AutoReset
            $process = Start-IpcProcess { Wait-IpcEvent $using:go; Set-IpcEvent $using:done }
            Set-IpcEvent $go
            $queue = New-IpcQueue
            (Wait-IpcObject $queue, $done -Timeout 60).Name -eq $done.Name
            $done.Wait(0); $done.IsSet; $go.IsSet
            Reset-IpcEvent $go; $go.IsSet
            @(Get-IpcEvent).Count -ge 2
            $process | Wait-IpcProcess | Remove-IpcProcess; Remove-IpcQueue $queue; Remove-IpcEvent $go, $done
            """);
        Assert.Equal([true, true, false, true, false, true], output);
    }

    [Fact]
    public void A_recursive_lock_is_taken_as_often_as_it_is_let_go_of()
    {
        object?[] output = _session.RunCleanly("""
            $lock = New-IpcLock -Recursive
            Use-IpcLock $lock { Use-IpcLock $lock { 'inside' }; $lock.IsHeldHere }
            $lock.IsHeldHere; $lock.IsRecursive
            Remove-IpcLock $lock
            """);
        Assert.Equal(["inside", true, false, true], output);
    }

    [Fact]
    public void Processes_meet_at_a_barrier_and_a_killed_one_breaks_it()
    {
        object?[] output = _session.RunCleanly("""
            $barrier = New-IpcBarrier -ParticipantCount 3
            $all = foreach ($i in 1..2) { Start-IpcProcess { foreach ($i in 1..20) { Wait-IpcBarrier $using:barrier }; 'done' } }
            foreach ($i in 1..20) { Wait-IpcBarrier $barrier -Timeout 60 }
            $all | Wait-IpcProcess | Receive-IpcProcess
            $barrier.CurrentPhase, $barrier.IsBroken
            $all | Remove-IpcProcess
            $barrier = New-IpcBarrier -ParticipantCount 2
            $short = try { Wait-IpcBarrier $barrier -Timeout 0.05 -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            $short, $barrier.WaitingCount
            $child = Start-IpcProcess { $null = $using:barrier; 'here'; [Threading.Thread]::Sleep(60000) }
            while (-not ($child | Receive-IpcProcess)) { [Threading.Thread]::Sleep(5) }
            Stop-IpcProcess $child -Force
            try { Wait-IpcBarrier $barrier -Timeout 60 -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            Remove-IpcProcess $child -Force; Remove-IpcBarrier $barrier
            """);
        Assert.Equal(["done", "done", 20L, false, "IpcTimeout", 0, "IpcPeerGone"], output);
    }

    [Fact]
    public void A_condition_is_waited_for_until_its_predicate_is_true()
    {
        object?[] output = _session.RunCleanly("""
            $condition = New-IpcCondition; $total = New-SharedValue -Value 0
            $child = Start-IpcProcess {
                $c = $using:condition; $t = $using:total
                foreach ($i in 1..10) { Use-IpcLock $c { $t.Value += 1; Set-IpcCondition $c -All } }
            }
            Wait-IpcCondition $condition { $total.Value -ge 10 } -Timeout 60
            $total.Value, $condition.Lock.IsHeld
            Use-IpcLock $condition { Wait-IpcCondition $condition { $true }; $condition.Lock.IsHeldHere }
            try { Wait-IpcCondition $condition { $false } -Timeout 0.05 -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            try { $condition.Wait() } catch { "$($_.Exception.InnerException.Kind)" }
            $condition.Lock.IsHeld, $condition.WaitingCount
            $null = $child | Wait-IpcProcess; Remove-IpcProcess $child
            Remove-IpcCondition $condition; Remove-SharedValue $total
            """);
        Assert.Equal([10, false, true, "IpcTimeout", "NotOwner", false, 0], output);
    }

    [Theory]
    [InlineData("Wait-IpcBarrier $barrier")]
    [InlineData("Wait-IpcCondition $condition { $false }")]
    public void Stopping_the_pipeline_ends_a_wait_and_leaves_no_trace(string wait)
    {
        object?[] made = _session.RunCleanly("$barrier = New-IpcBarrier -ParticipantCount 2; $condition = New-IpcCondition; $barrier; $condition");
        int Waiting() => made.Sum(o => (int)o!.GetType().GetProperty("WaitingCount")!.GetValue(o)!);
        using (PowerShell pipeline = _session.NewPipeline(wait))
        {
            pipeline.BeginInvoke();
            Assert.True(SpinWait.SpinUntil(() => Waiting() == 1, TimeSpan.FromSeconds(30)));
            pipeline.Stop();
        }

        Assert.Equal(0, Waiting());
        Assert.Equal([false], _session.RunCleanly("$condition.Lock.IsHeld; Remove-IpcBarrier $barrier; Remove-IpcCondition $condition"));
    }
}
