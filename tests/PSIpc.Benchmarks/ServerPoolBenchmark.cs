using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using PSIpc.Tests;

namespace PSIpc.Benchmarks;

/// <summary>
/// A pool whose workers are reached through a RabbitMQ server, beside one of this machine: what a call and an item cost, and how sleeping items spread over 1, 2 and 4
/// hosts. A host is a process of its own on this machine, with two workers; all that is between them goes through the server.
/// </summary>
internal static class ServerPoolBenchmark
{
    private const int WorkersOfHost = 2;
    private const int ItemsOfWorker = 40;
    private const int SleepMilliseconds = 100;
    private const int IdleSeconds = 10;

    private const string Caller = """
        param([string] $uri, [int] $workers, [int] $items, [int] $sleep)
        $ErrorActionPreference = 'Stop'
        function Say($what, [double] $figure) { [Console]::WriteLine("$what " + $figure.ToString([Globalization.CultureInfo]::InvariantCulture)) }
        $null = Connect-IpcServer $uri -Name benchmark
        foreach ($where in 'server', 'local') {
            $pool = $where -eq 'server' ? (New-ProcessPool benchmark -Server benchmark -WorkerCount $workers) : (New-ProcessPool -WorkerCount $workers)
            do {
                $seen = @{}
                1..(4 * $workers) | Invoke-ProcessPool { [Threading.Thread]::Sleep($using:sleep); $PID } -Pool $pool | ForEach-Object { $seen[$_] = 1 }
            } until ($seen.Count -eq $workers)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($round in 1..3) {
                $clock.Restart(); 1..$items | Invoke-ProcessPool { [Threading.Thread]::Sleep($using:sleep) } -Pool $pool
                Say "$where-sleeping" $clock.Elapsed.TotalSeconds
            }
            foreach ($round in 1..10) {
                $times = @(foreach ($i in 1..60) { $clock.Restart(); $null = $pool.Invoke({ 1 }); $clock.Elapsed.TotalMilliseconds }) | Sort-Object
                Say "$where-call" $times[30]
            }
            foreach ($round in 1..3) {
                $clock.Restart(); $null = 1..20000 | Invoke-ProcessPool { $_ } -Pool $pool; Say "$where-trivial" (20000 / $clock.Elapsed.TotalSeconds)
            }
        }
        [Console]::WriteLine('idle 0')
        $null = [Console]::ReadLine()
        """;

    public static void Run()
    {
        if (!BrokerProcess.IsInstalled)
        {
            return;
        }

        foreach (int hosts in new[] { 1, 4 })
        {
            Run(hosts);
        }
    }

    private static void Run(int hosts)
    {
        int workers = hosts * WorkersOfHost;
        int items = workers * ItemsOfWorker;
        using var broker = new BrokerProcess();
        broker.Start();
        string program = typeof(ServerBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Caller);
        var processes = new List<Process>();
        try
        {
            string work = $"$null = Connect-IpcServer '{broker.FullUri}' -Name benchmark; Start-ProcessPoolWorker benchmark benchmark -Count {WorkersOfHost}";
            processes.AddRange(Enumerable.Range(0, hosts).Select(_ => Process.Start(new ProcessStartInfo(program, ["-Command", work]))!));
            var start = new ProcessStartInfo(program, [script, broker.FullUri, $"{workers}", $"{items}", $"{SleepMilliseconds}"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
            Process caller = Process.Start(start)!;
            processes.Add(caller);
            var figures = new Dictionary<string, List<double>>();
            for (string[] words = Next(caller); words[0] != "idle"; words = Next(caller))
            {
                (figures.TryGetValue(words[0], out List<double>? list) ? list : figures[words[0]] = []).Add(double.Parse(words[1], CultureInfo.InvariantCulture));
            }

            double least = ItemsOfWorker * SleepMilliseconds / 1000.0;
            Figures.Heading($"A pool of {hosts} host(s) with {WorkersOfHost} workers each, through a RabbitMQ server of this machine");
            Figures.Row($"{items} items that sleep {SleepMilliseconds} ms, first call", "s", moreIsBetter: false, figures["server-sleeping"][0], ("a pool of this machine", figures["local-sleeping"][0]), ("sleeping alone", least));
            Figures.Row("the same, third call", "s", moreIsBetter: false, figures["server-sleeping"][^1], ("a pool of this machine", figures["local-sleeping"][^1]), ("sleeping alone", least));
            Console.WriteLine($"    workers busy: {100 * least / figures["server-sleeping"][0]:N0} % of the time, then {100 * least / figures["server-sleeping"][^1]:N0} %");
            Figures.Row("$pool.Invoke({ 1 }), first 60", "ms", moreIsBetter: false, figures["server-call"][0], ("a pool of this machine", figures["local-call"][0]));
            Figures.Row("$pool.Invoke({ 1 }), after 540", "ms", moreIsBetter: false, figures["server-call"][^1], ("a pool of this machine", figures["local-call"][^1]), ("a bare message and reply", BareRoundTrip.Measure(broker.FullUri)));
            Figures.Row("trivial items", "items/s", moreIsBetter: true, Median(figures["server-trivial"]), ("a pool of this machine", Median(figures["local-trivial"])));

            TimeSpan before = Time(broker.ProcessId);
            Thread.Sleep(TimeSpan.FromSeconds(IdleSeconds));
            Console.WriteLine($"  idle: the server takes {100 * (Time(broker.ProcessId) - before).TotalSeconds / IdleSeconds:N1} % of a processor, and has {Megabytes(broker.ProcessId):N0} MB; the caller has {Megabytes(caller.Id):N0} MB");
            caller.StandardInput.WriteLine();
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

                process.WaitForExit();
                process.Dispose();
            }

            File.Delete(script);
        }
    }

    private static string[] Next(Process caller) => caller.StandardOutput.ReadLine()?.Split(' ') ?? throw new InvalidOperationException("The calling script ended early.");

    private static double Megabytes(int process)
    {
        using var p = Process.GetProcessById(process);
        return p.WorkingSet64 / 1e6;
    }

    private static TimeSpan Time(int process)
    {
        using var p = Process.GetProcessById(process);
        return p.TotalProcessorTime;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
