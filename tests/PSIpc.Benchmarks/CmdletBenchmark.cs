using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>Small objects through the cmdlets, in the project's host: sending alone, receiving alone, and both in two processes.</summary>
internal static class CmdletBenchmark
{
    private const double Target = 0.5e6;

    private const string Script = """
        $count = 1000000
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $invariant = [Globalization.CultureInfo]::InvariantCulture
        function Say($what) { [Console]::WriteLine("$what " + ($count / $clock.Elapsed.TotalSeconds).ToString($invariant)) }
        $large = New-IpcQueue -Capacity 64MB
        Import-Module 'BENCHMARK_CMDLETS'
        foreach ($round in 1..6) {
            foreach ($step in 'Nothing', 'Serialize', 'Single', 'Batch') {
                $clock.Restart(); 1..$count | Send-BenchmarkMessage $large -Step $step; Say $step
                $null = $large.Clear()
            }
            $clock.Restart(); 1..$count | Send-IpcMessage $large; Say send
            $clock.Restart(); $null = Receive-IpcMessage $large -Available; Say receive
        }
        Remove-IpcQueue $large
        foreach ($round in 1..5) {
            $queue = New-IpcQueue
            $process = Start-IpcProcess { 1..1000001 | Send-IpcMessage $using:queue; Close-IpcQueue $using:queue }
            $null = Receive-IpcMessage $queue
            $clock.Restart(); $null = Receive-IpcMessage $queue -Wait; Say both
            $process | Wait-IpcProcess | Remove-IpcProcess
            Remove-IpcQueue $queue
        }
        """;

    public static void Run()
    {
        Figures.Heading("Through the cmdlets: 1..1e6 | Send-IpcMessage, Receive-IpcMessage; the median of five, in the project's host");
        string host = typeof(CmdletBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Script.Replace("BENCHMARK_CMDLETS", typeof(CmdletBenchmark).Assembly.Location, StringComparison.Ordinal));
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(host, [script]) { RedirectStandardOutput = true })!;
            ILookup<string, double> figures = process.StandardOutput.ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .ToLookup(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
            process.WaitForExit();
            Write("send", Median(figures["send"].Skip(1)), null);
            WriteSteps(figures);
            Write("receive", Median(figures["receive"].Skip(1)), null);
            Write("both at once, in two processes, the sender's start included", Median(figures["both"]), PythonPeer.Throughput("queue", 8, 20_000));
        }
        finally
        {
            File.Delete(script);
        }
    }

    /// <summary>Where the time of a send goes, and what batches that hold messages back would gain.</summary>
    private static void WriteSteps(ILookup<string, double> figures)
    {
        double Microseconds(string step) => 1e6 / figures[step].Max();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    of a send, us, best of six: {Microseconds("Nothing"):N3} a cmdlet that does nothing, {Microseconds("Serialize"):N3} and serializes, {Microseconds("Single"):N3} and sends, {Microseconds("Batch"):N3} and sends 64 at once"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    at once beside one by one in the same cmdlet: {Microseconds("Single") / Microseconds("Batch"):N3} x; beside Send-IpcMessage, {Microseconds("send"):N3} us: {Microseconds("send") / Microseconds("Batch"):N3} x"));
    }

    private static void Write(string what, double ours, double? python)
    {
        Figures.Row(what, "thousand/s", moreIsBetter: true, ours / 1000, python is null ? [] : [("Python Queue, integers as bytes", python / 1000)]);
        Figures.Target($"{Target / 1000:N0} thousand/s", ours >= Target);
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted[sorted.Length / 2];
    }
}
