using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>Many items through a pool: what its session and its workers take of memory after each tenth of them. It must not grow.</summary>
internal static class PoolMemoryRun
{
    /// <summary>How much more the last tenth may take than the second: a heap that a collection has not shrunk yet.</summary>
    private const double MostGrowth = 1.25;

    private const string Script = """
        param($items)
        $pool = New-ProcessPool -WorkerCount 2
        $done = 0; $step = $items / 10
        function Megabytes($process) { $process.Refresh(); [int]($process.WorkingSet64 / 1MB) }
        $own = [Diagnostics.Process]::GetCurrentProcess()
        1..$items | Invoke-ProcessPool { $_ } -Pool $pool | & {
            process {
                if (++$script:done % $step -eq 0) {
                    $workers = foreach ($worker in $pool.Workers) { Megabytes ([Diagnostics.Process]::GetProcessById($worker.ProcessId)) }
                    [Console]::WriteLine("$script:done $(Megabytes $own) $workers")
                }
            }
        }
        Remove-ProcessPool $pool
        """;

    public static bool Run(int millions)
    {
        Figures.Heading($"Process pools: memory over {millions:N0} million items, in MB");
        string host = typeof(PoolMemoryRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-memory-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Script);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(host, [script, $"{millions}000000"]) { RedirectStandardOutput = true })!;
            List<long[]> rows = [];
            while (process.StandardOutput.ReadLine() is { } line)
            {
                long[] row = [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
                rows.Add(row);
                Console.WriteLine($"  after {row[0],12:N0} items: the session {row[1]:N0}, the workers {string.Join(" and ", row[2..])}");
            }

            process.WaitForExit();

            // The first tenth compiles and fills pools of buffers.
            bool isConstant = rows.Count == 10 && Enumerable.Range(1, rows[1].Length - 1).All(i => rows[9][i] <= rows[1][i] * MostGrowth);
            Console.WriteLine($"  the last tenth takes at most {MostGrowth} x what the second took: {(isConstant ? "yes" : "NO")}");
            return isConstant;
        }
        finally
        {
            File.Delete(script);
        }
    }
}
