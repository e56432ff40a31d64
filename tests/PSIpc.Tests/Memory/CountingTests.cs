namespace PSIpc.Tests;

/// <summary>Processes that increment the same numbers: locked, atomically and through Update-SharedValue. None is lost.</summary>
public sealed class CountingTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void The_totals_are_exact()
    {
        const int Processes = 2;
        object?[] output = _session.RunCleanly(
            """
            $atomic = New-SharedValue -Value 0 -Type Int64; $real = New-SharedValue -Value 0d; $updated = New-SharedValue -Value 0
            $locked = New-SharedArray -Length 1 -Type Int64; $lock = New-IpcLock; $by = New-SharedArray -Length 1 -Type Int32; $start = New-IpcBarrier -ParticipantCount $processes
            $work = {
                $a = $using:atomic; $r = $using:real; $u = $using:updated; $n = $using:locked; $l = $using:lock; $b = $using:by
                Wait-IpcBarrier $using:start
                foreach ($i in 1..2000) { $null = $a.Add(1); $null = $r.Add(0.5d) }
                foreach ($i in 1..200) { Update-SharedValue $u { $_ + 1 } }
                foreach ($i in 1..200) { Use-IpcLock $n { $n[0] = $n[0] + 1 } }
                foreach ($i in 1..2000) { $l.Enter(); $b[0] = $b[0] + 1; $l.Exit() }
                # Adding without the lock while others update: neither is lost.
                foreach ($i in 1..100) { $null = $u.Add(1) }
            }
            $all = foreach ($i in 1..$processes) { Start-IpcProcess $work }
            $all | Wait-IpcProcess | Receive-IpcProcess
            $all | Remove-IpcProcess
            $atomic.Value, $real.Value, $updated.Value, $locked[0], $by[0]
            Remove-SharedValue $atomic, $real, $updated; Remove-SharedArray $locked; Remove-SharedArray $by; Remove-IpcLock $lock; Remove-IpcBarrier $start
            """,
            ("processes", Processes));
        Assert.Equal([2000L * Processes, 1000.0m * Processes, 300 * Processes, 200L * Processes, 2000 * Processes], output);
    }
}
