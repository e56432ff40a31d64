using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>Process pools beside Python's, and beside Start-Job and ForEach-Object -Parallel where there is a pwsh; in the project's host, and in pwsh.</summary>
internal static class PoolBenchmark
{
    private const string Ours = """
        $clock = [Diagnostics.Stopwatch]::new()
        $invariant = [Globalization.CultureInfo]::InvariantCulture
        function Say($what, $value) { [Console]::WriteLine("$what " + ([double]$value).ToString($invariant)) }
        foreach ($round in 1..7) {
            $clock.Restart()
            $pool = New-ProcessPool -WorkerCount 2
            $null = 1 | Invoke-ProcessPool { $_ } -Pool $pool
            Say cold $clock.Elapsed.TotalMilliseconds
            if ($round -lt 7) { Remove-ProcessPool $pool -Force }
        }
        while ((@($pool.Workers | & { process { if ($_.State -eq 'Idle') { $_ } } })).Count -lt 2) { [Threading.Thread]::Sleep(10) }
        $single = New-ProcessPool -WorkerCount 1
        $script = { 1 }

        # Until the code is compiled for speed.
        1..3000 | & { process { $null = $pool.Invoke($script) } }
        $null = 1..200000 | Invoke-ProcessPool { $_ } -Pool $pool
        $null = 1..200000 | Invoke-ProcessPool { $_ } -Pool $single

        foreach ($round in 1..5) {
            $clock.Restart(); $null = 1 | Invoke-ProcessPool { $_ } -Pool $pool; Say warm $clock.Elapsed.TotalMilliseconds
            $clock.Restart(); foreach ($i in 1..2000) { $null = $pool.Invoke($script) }; Say apply ($clock.Elapsed.TotalMicroseconds / 2000)
            $clock.Restart(); foreach ($i in 1..1000) { $null = Start-ProcessPoolTask $script -Pool $pool | Receive-ProcessPoolTask }; Say task ($clock.Elapsed.TotalMicroseconds / 1000)
            $clock.Restart(); $null = 1..200000 | Invoke-ProcessPool { $_ } -Pool $pool; Say trivial2 ($clock.Elapsed.TotalMicroseconds / 200000)
            $clock.Restart(); $null = 1..200000 | Invoke-ProcessPool { $_ } -Pool $single; Say trivial1 ($clock.Elapsed.TotalMicroseconds / 200000)
            $clock.Restart(); $null = 1..200000 | ForEach-Object { $_ }; Say foreach ($clock.Elapsed.TotalMicroseconds / 200000)
            $clock.Restart(); foreach ($i in 1..200) { [Threading.Thread]::Sleep(1) }; $plain = $clock.Elapsed.TotalMilliseconds
            $clock.Restart(); $null = 1..400 | Invoke-ProcessPool { [Threading.Thread]::Sleep(1) } -Pool $pool; Say ms1 (100 * $plain / $clock.Elapsed.TotalMilliseconds)
            $clock.Restart(); $null = 1..20 | Invoke-ProcessPool { [Threading.Thread]::Sleep(100) } -Pool $pool; Say ms100 (100 * 1000 / $clock.Elapsed.TotalMilliseconds)
            $block = [byte[]]::new(1MB)
            $clock.Restart(); $null = 1..100 | & { process { , $block } } | Invoke-ProcessPool { , $_ } -Pool $pool; Say megabyte ($clock.Elapsed.TotalMilliseconds / 100)
        }
        Remove-ProcessPool $pool, $single
        """;

    private const string PowerShells = """
        foreach ($round in 1..5) {
            $clock.Restart(); $null = Start-Job { 1 } | Receive-Job -Wait -AutoRemoveJob; Say job $clock.Elapsed.TotalMilliseconds
            $clock.Restart(); $null = 1..2000 | ForEach-Object -Parallel { $_ } -ThrottleLimit 2; Say parallel ($clock.Elapsed.TotalMicroseconds / 2000)
            $clock.Restart(); $null = 1..400 | ForEach-Object -Parallel { [Threading.Thread]::Sleep(1) } -ThrottleLimit 2; Say parallelms1 (100 * $plain / $clock.Elapsed.TotalMilliseconds)
            $clock.Restart(); $null = 1..20 | ForEach-Object -Parallel { [Threading.Thread]::Sleep(100) } -ThrottleLimit 2; Say parallelms100 (100 * 1000 / $clock.Elapsed.TotalMilliseconds)
        }
        """;

    private const string Python = """
        import sys, time
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pool

        def same(x): return x
        def short(x): time.sleep(0.001)
        def long(x): time.sleep(0.1)

        def median(run):
            run()
            return sorted(run() for _ in range(5))[2]

        def timed(action, count=1):
            start = time.perf_counter()
            action()
            return (time.perf_counter() - start) / count * 1e6

        def cold():
            start = time.perf_counter()
            with Pool(2) as pool:
                pool.apply(same, (1,))
                return (time.perf_counter() - start) * 1e3

        if __name__ == '__main__':
            what = sys.argv[1]
            if what == 'cold': print(median(cold))
            elif what == 'executor':
                with ProcessPoolExecutor(2) as pool:
                    print(median(lambda: timed(lambda: [pool.submit(same, i).result() for i in range(1000)], 1000)))
            else:
                with Pool(2) as pool:
                    print(median({
                        'apply': lambda: timed(lambda: [pool.apply(same, (i,)) for i in range(1000)], 1000),
                        'imap': lambda: timed(lambda: list(pool.imap(same, range(50000), 64)), 50000),
                        'imap1': lambda: timed(lambda: list(pool.imap(same, range(5000))), 5000),
                        'map': lambda: timed(lambda: pool.map(same, range(200000)), 200000),
                        'ms1': lambda: 100 * timed(lambda: [time.sleep(0.001) for _ in range(200)]) / timed(lambda: list(pool.imap(short, range(400)))),
                        'ms100': lambda: 100 * 1e6 / timed(lambda: list(pool.imap(long, range(20), 1))),
                        'megabyte': lambda: timed(lambda: list(pool.imap(same, (bytes(1 << 20) for _ in range(100)))), 100) / 1000,
                    }[what]))
        """;

    private static readonly string Host =
        typeof(PoolBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;

    private static readonly string Module =
        typeof(PoolBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ModulePath").Value!;

    public static void Run()
    {
        Figures.Heading("Process pools of 2 workers, in the project's host; medians of five");
        double runtime = Figures.Median(() => StartOfTwo(Environment.ProcessPath!, "--nothing"));
        double engine = Figures.Median(() => StartOfTwo(RealPowerShell.Path, "-NoProfile", "-Command", "1"));
        double session = Figures.Median(() => StartOfTwo(Host, "-Command", "1"));
        Figures.Row("two .NET programs that do nothing, started at once", "ms", false, runtime);
        Figures.Row("two sessions of the host with the module", "ms", false, session);
        ILookup<string, double> ours = RunScript(Host, Ours, isPwsh: false);
        Write(ours, engine, null);
        Figures.Heading("The same in pwsh, beside its own");
        double pwshStart = Figures.Median(() => StartOfTwo(RealPowerShell.Path, "-NoProfile", "-Command", "1"));
        ILookup<string, double> all = RunScript(RealPowerShell.Path, $"Import-Module '{Module}'\n{Ours}\n{PowerShells}", isPwsh: true);
        Write(all, pwshStart, all);
    }

    private static void Write(ILookup<string, double> ours, double engineStart, ILookup<string, double>? shell)
    {
        double Ours(string what) => Median(ours[what]);
        double? Shell(string what) => shell is null ? null : Median(shell[what]);
        double? Python(string what) => PythonPeer.Figure(PoolBenchmark.Python, what);

        Figures.Row("first result, cold", "ms", false, Ours("cold"), ("two bare engines started at once", engineStart), ("Start-Job", Shell("job")), ("Python Pool(2).apply", Python("cold")));
        Figures.Target("1.3 x the start of the engine", Ours("cold") <= 1.3 * engineStart);
        Figures.Row("first result, warm", "ms", false, Ours("warm"));
        Figures.Target("5 ms", Ours("warm") < 5);
        Figures.Row("apply, there and back: $pool.Invoke", "us", false, Ours("apply"), ("Python Pool.apply", Python("apply")), ("Python ProcessPoolExecutor", Python("executor")));
        Figures.Target("60 us", Ours("apply") < 60);
        Figures.Row("the same by Start-, Receive-ProcessPoolTask", "us", false, Ours("task"));
        Figures.Row("a trivial item, 2 workers", "us", false, Ours("trivial2"), ("ForEach-Object -Parallel", Shell("parallel")), ("Python imap, chunks of 64", Python("imap")), ("Python imap", Python("imap1")), ("Python map", Python("map")), ("ForEach-Object, this process", Ours("foreach")));
        Figures.Target("4 us", Ours("trivial2") < 4);
        Figures.Row("a trivial item, 1 worker", "us", false, Ours("trivial1"));
        Figures.Row("items of 1 ms, of the ideal", "%", true, Ours("ms1"), ("ForEach-Object -Parallel", Shell("parallelms1")), ("Python imap", Python("ms1")));
        Figures.Row("items of 100 ms, of the ideal", "%", true, Ours("ms100"), ("ForEach-Object -Parallel", Shell("parallelms100")), ("Python imap", Python("ms100")));
        Figures.Row("an item of 1 MB, there and back", "ms", false, Ours("megabyte"), ("Python imap", Python("megabyte")));
    }

    /// <summary>Milliseconds until two processes that were started at once have ended: as two workers start.</summary>
    private static double StartOfTwo(string program, params string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        Process[] both = [.. Enumerable.Range(0, 2).Select(_ => Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!)];
        Array.ForEach(both, p => p.WaitForExit());
        double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Array.ForEach(both, p => p.Dispose());
        return elapsed;
    }

    private static ILookup<string, double> RunScript(string program, string text, bool isPwsh)
    {
        string script = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, text);
        try
        {
            string[] arguments = isPwsh ? ["-NoProfile", "-File", script] : [script];
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            ILookup<string, double> figures = process.StandardOutput.ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .Where(words => words.Length == 2)
                .ToLookup(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
            process.WaitForExit();
            return figures;
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
