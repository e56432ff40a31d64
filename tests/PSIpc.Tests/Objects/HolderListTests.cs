using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>Who holds what and who waits, as Get-IpcObject shows it; and how objects look in a table.</summary>
public sealed class HolderListTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Get_IpcObject_says_who_holds_and_who_waits()
    {
        object?[] output = _session.RunCleanly("""
            $lock = New-IpcLock; $array = New-SharedArray -Length 1; $permits = New-IpcSemaphore -Count 1; $go = New-IpcEvent; $condition = New-IpcCondition; $barrier = New-IpcBarrier -ParticipantCount 2
            $dictionary = New-SharedDictionary; $queue = New-IpcQueue; $end = New-IpcEvent; $value = New-SharedValue -Value 1
            function Wait-Until($what) { $clock = [Diagnostics.Stopwatch]::StartNew(); while (-not (& $what)) { if ($clock.Elapsed.TotalSeconds -gt 60) { "never: $what"; break }; [Threading.Thread]::Sleep(10) } }
            $holder = Start-IpcProcess {
                Enter-IpcLock $using:lock; Enter-IpcLock $using:array; Enter-IpcSemaphore $using:permits; Enter-IpcLock $using:dictionary; Enter-IpcLock $using:value
                Use-IpcLock $using:condition { Wait-IpcEvent $using:end }
            }
            Wait-Until { (Get-IpcObject $end.Name).WaitingProcesses -contains $holder.ProcessId }
            foreach ($held in $lock, $permits, $dictionary, $condition, $value) { (Get-IpcObject $held.Name).HolderProcesses -join ' ' -eq "$($holder.ProcessId)" }
            (Get-IpcObject $array.Name).HolderProcesses -join ' ' -eq "$($holder.ProcessId)"
            $waiters = @(
                (Start-IpcProcess { Enter-IpcLock $using:lock }), (Start-IpcProcess { Enter-IpcSemaphore $using:permits }), (Start-IpcProcess { Wait-IpcEvent $using:go }),
                (Start-IpcProcess { Wait-IpcBarrier $using:barrier }), (Start-IpcProcess { Receive-IpcMessage $using:queue }), (Start-IpcProcess { $null = Wait-IpcObject $using:go, $using:queue }))
            $shared = $lock, $permits, $go, $barrier, $queue
            foreach ($i in 0..4) { Wait-Until { (Get-IpcObject $shared[$i].Name).WaitingProcesses -contains $waiters[$i].ProcessId } }
            foreach ($both in $go, $queue) { Wait-Until { (Get-IpcObject $both.Name).WaitingProcesses -contains $waiters[5].ProcessId } }
            (Get-IpcObject $go.Name).HolderProcesses.Count, (Get-IpcObject $dictionary.Name).WaitingProcesses.Count
            # A killed one holds nothing, and nobody waits any more who went on.
            Stop-IpcProcess $holder -Force; Set-IpcEvent $go; Send-IpcMessage $queue 1; Wait-IpcBarrier $barrier -Timeout 60
            $null = $waiters | Wait-IpcProcess
            foreach ($object in $lock, $permits, $go, $condition, $barrier, $queue, $dictionary, $value) { $info = Get-IpcObject $object.Name; $info.HolderProcesses.Count + $info.WaitingProcesses.Count }
            Remove-IpcProcess $waiters; Remove-IpcProcess $holder
            Remove-IpcLock $lock; Remove-SharedArray $array; Remove-IpcSemaphore $permits; Remove-IpcEvent $go, $end; Remove-IpcCondition $condition; Remove-IpcBarrier $barrier
            Remove-SharedDictionary $dictionary; Remove-IpcQueue $queue; Remove-SharedValue $value
            """);
        Assert.Equal([true, true, true, true, true, true, 0, 0, .. Enumerable.Repeat<object?>(0, 8)], output);
    }

    [Fact]
    public void Tables_show_holders_and_the_head_of_a_huge_array()
    {
        string text = Run("""
            $lock = New-IpcLock "held-$PID"; $lock.Enter()
            Get-IpcObject $lock.Name | Out-String
            New-SharedArray "huge-$PID" -Length 5000000 | Out-String
            New-SharedArray "matrix-$PID" -Shape 1000,1000 -Type Int32 | Out-String
            """);
        string[] lines = text.Split('\n');
        string process = Assert.Single(lines, l => l.Contains("held-", StringComparison.Ordinal)).Split("held-")[1].Split(' ')[0];
        Assert.Matches("Held by +Waiting", text);
        Assert.Matches($@"Lock +held-{process} +{process} +{process} +[0-9.]+ KB +\S+ +{process}\s", text);
        Assert.Matches($@"huge-{process} +Double +5000000 +False +\{{0, 0, 0, 0, 0, 0, \.\.\.\}}", text);
        Assert.Matches($@"matrix-{process} +Int32 +1000 x 1000 ", text);
        Assert.InRange(lines.Length, 1, 25);
    }

    private static string Run(string script)
    {
        using Process child = Process.Start(new ProcessStartInfo(TestPaths.Host, ["-Command", script]) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return output;
    }
}
