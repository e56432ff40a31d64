using System.Diagnostics;
using System.Reflection;
using PSIpc.Tests;

namespace PSIpc.Benchmarks;

/// <summary>
/// A fleet of hosts at one RabbitMQ server: three processes with a third of the hosts each, whose workers are timers, and a caller with the module's own cmdlets. One of the processes is killed in the middle of the last run.
/// </summary>
internal static class FleetBenchmark
{
    private const int Processes = 3;
    private const int Slots = 8;

    private const string Caller = """
        param([string] $uri, [int] $workers, [int] $milliseconds)
        $ErrorActionPreference = 'Stop'
        $null = Connect-IpcServer $uri -Name fleet
        $pool = New-ProcessPool "fleet$milliseconds" -Server fleet
        $self = [Diagnostics.Process]::GetCurrentProcess()
        function Report($what) {
            $self.Refresh()
            [Console]::WriteLine(("  {0}: {1:N1} s for {2:N0} items, workers busy {3:P0}; caller: {4:N0} MB, {5} threads; failed {6}" -f $what, $clock.Elapsed.TotalSeconds, $items, ($items * $milliseconds / 1000 / $workers / $clock.Elapsed.TotalSeconds), ($self.WorkingSet64 / 1MB), $self.Threads.Count, $script:lost))
        }
        $script:lost = 0
        $items = $workers
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $null = 1..$items | Invoke-ProcessPool { } -Pool $pool -Unordered
        Report 'first item of each worker'
        $items = [int]([Math]::Max(3, 10000 / $milliseconds) * $workers)
        $clock.Restart()
        $null = 1..$items | Invoke-ProcessPool { } -Pool $pool -Unordered
        Report 'all'
        [Console]::WriteLine('kill')
        $clock.Restart()
        $null = 1..$items | Invoke-ProcessPool { } -Pool $pool -Unordered -ErrorVariable errors -ErrorAction SilentlyContinue
        $script:lost = $errors.Count
        Report 'a third of the hosts killed in the middle'
        Remove-ProcessPool $pool
        """;

    public static void Run(int workers)
    {
        if (!BrokerProcess.IsInstalled)
        {
            return;
        }

        foreach (int milliseconds in new[] { 1000, 100 })
        {
            Run(workers, milliseconds);
        }
    }

    private static void Run(int workers, int milliseconds)
    {
        using var broker = new BrokerProcess();
        broker.Start();
        Assembly assembly = typeof(FleetBenchmark).Assembly;
        string program = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        int hosts = Math.Max(1, workers / Slots / Processes);
        int all = hosts * Slots * Processes;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-fleet-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Caller);
        var processes = new List<Process>();
        try
        {
            string serve = $"$server = Connect-IpcServer '{broker.FullUri}' -Name fleet; Import-Module '{assembly.Location}'; Start-BenchmarkFleet -Server $server -Pool fleet{milliseconds} -HostCount {hosts} -Slots {Slots} -Milliseconds {milliseconds}";
            processes.AddRange(Enumerable.Range(0, Processes).Select(_ => Process.Start(new ProcessStartInfo(program, ["-Command", serve]) { RedirectStandardOutput = true })!));
            processes.ForEach(p => p.StandardOutput.ReadLine());
            Figures.Heading($"{all:N0} workers on {hosts * Processes} hosts, items of {milliseconds} ms");
            using Process caller = Process.Start(new ProcessStartInfo(program, [script, broker.FullUri, $"{all}", $"{milliseconds}"]) { RedirectStandardOutput = true })!;
            long started = Stopwatch.GetTimestamp();
            TimeSpan before = Time(broker.ProcessId);
            while (caller.StandardOutput.ReadLine() is { } line)
            {
                if (line == "kill")
                {
                    _ = Task.Delay(3000).ContinueWith(_ => processes[0].Kill(), TaskScheduler.Default);
                    continue;
                }

                using var server = Process.GetProcessById(broker.ProcessId);
                double busy = (Time(broker.ProcessId) - before).TotalSeconds / Stopwatch.GetElapsedTime(started).TotalSeconds;
                Console.WriteLine($"{line}; server: {100 * busy:N0} % of a processor, {server.WorkingSet64 / 1e6:N0} MB");
                started = Stopwatch.GetTimestamp();
                before = Time(broker.ProcessId);
            }

            caller.WaitForExit();
        }
        finally
        {
            foreach (Process process in processes)
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }

                process.Dispose();
            }

            File.Delete(script);
        }
    }

    private static TimeSpan Time(int process)
    {
        using var p = Process.GetProcessById(process);
        return p.TotalProcessorTime;
    }
}
