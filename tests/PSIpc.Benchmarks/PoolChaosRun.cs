using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>A million items through a pool of PowerShell workers that are killed at random meanwhile: each item has one result or one IpcWorkerDied.</summary>
internal static class PoolChaosRun
{
    private const int Items = 1_000_000;

    // The killer is a thread of a process of its own, so that the pool's session does not know of it.
    private const string Script = """
        param($items, $kills, $retries)
        $pool = New-ProcessPool -WorkerCount 4
        $ids = New-SharedArray -Length 16 -Type Int32
        $stop = New-SharedValue 0
        $killer = Start-IpcProcess {
            param($ids, $stop, $kills)
            $random = [Random]::new(7)
            $killed = 0
            while ($killed -lt $kills -and $stop.Value -eq 0) {
                [Threading.Thread]::Sleep($random.Next(20, 380))
                $id = $ids[$random.Next(4)]
                if ($id -gt 0) {
                    try { [Diagnostics.Process]::GetProcessById($id).Kill(); $killed++ } catch { }
                }
            }
            $killed
        } -ArgumentList $ids, $stop, $kills
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $seen = [byte[]]::new($items)
        $double = 0; $died = 0; $wrong = 0; $looked = [long]0
        1..$items | Invoke-ProcessPool { if ($_ % 8 -eq 0) { [Threading.Thread]::Sleep(4) }; $_ } -Pool $pool -RetryCount $retries -ErrorVariable failures -ErrorAction SilentlyContinue | & {
            process {
                if ($seen[$_ - 1]++) { $script:double++ }
                if ($clock.ElapsedMilliseconds - $script:looked -gt 20) {
                    $script:looked = $clock.ElapsedMilliseconds
                    $n = 0
                    foreach ($worker in $pool.Workers) { if ($n -lt 16) { $ids[$n++] = $worker.ProcessId } }
                }
            }
        }
        foreach ($failure in $failures) {
            if ($failure.FullyQualifiedErrorId -notlike 'IpcWorkerDied*') { $wrong++; continue }
            $died++
            if ($seen[$failure.TargetObject - 1]++) { $double++ }
        }
        $missing = 0
        foreach ($one in $seen) { if ($one -ne 1) { $missing++ } }
        $stop.Value = 1
        $killed = $killer | Receive-IpcProcess -Wait
        "killed $killed restarts $($pool.Restarts) seconds $([int]$clock.Elapsed.TotalSeconds) died $died double $double missing $missing other $wrong"
        Remove-ProcessPool $pool
        """;

    public static bool Run(int kills)
    {
        Figures.Heading($"Process pools: {Items:N0} items, {kills:N0} workers killed at random");
        return RunOnce(kills, retries: 0) & RunOnce(kills, retries: 3);
    }

    private static bool RunOnce(int kills, int retries)
    {
        string host = typeof(PoolChaosRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-chaos-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Script);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(host, [script, $"{Items}", $"{kills}", $"{retries}"]) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Console.WriteLine($"  -RetryCount {retries}: {output.Trim()}");
            string[] words = output.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
            int Number(string what) => Array.IndexOf(words, what) is >= 0 and var at && at + 1 < words.Length
                && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;
            return Number("killed") is > 0 and < int.MaxValue && Number("double") == 0 && Number("missing") == 0 && Number("other") == 0
                && (retries == 0 || Number("died") == 0);
        }
        finally
        {
            File.Delete(script);
        }
    }
}
