using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>What Import-Module of the module adds to a session of pwsh that does nothing else, the start of both included; and to one that imports an empty module.</summary>
internal static class ImportBenchmark
{
    private const int Rounds = 15;
    private const double Target = 150;

    public static void Run()
    {
        Figures.Heading($"Import-Module in a new pwsh: the medians of {Rounds} runs, one after the other");
        string folder = Directory.CreateTempSubdirectory("psipc-import-").FullName;
        try
        {
            string empty = Path.Combine(folder, "Empty.psd1");
            File.WriteAllText(empty, "@{ ModuleVersion = '1.0' }");
            string module = typeof(ImportBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ModulePath").Value!;
            string[] commands = ["", $"Import-Module '{empty}'", $"Import-Module '{module}'"];
            List<Cost>[] costs = [[], [], []];
            for (int round = 0; round <= Rounds; round++)
            {
                for (int i = 0; i < commands.Length; i++)
                {
                    Cost cost = Measure(commands[i]);
                    if (round > 0)
                    {
                        costs[i].Add(cost);
                    }
                }
            }

            Write("a bare session", costs[0]);
            Write("with an empty module", costs[1]);
            Write("with PSIpc", costs[2]);
            double added = Median(costs[2], c => c.Wall) - Median(costs[0], c => c.Wall);
            Console.WriteLine($"  PSIpc adds {added:N0} ms to a bare session ({Median(costs[2], c => c.Cpu) - Median(costs[0], c => c.Cpu):N0} ms of processor time), "
                + $"{Median(costs[2], c => c.Wall) - Median(costs[1], c => c.Wall):N0} ms to one that has imported an empty module");
            Figures.Target($"{Target:N0} ms over a bare session", added <= Target);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Cost Measure(string command)
    {
        long start = Stopwatch.GetTimestamp();
        string script = $"{command}\n[Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)";
        using Process process = Process.Start(new ProcessStartInfo(RealPowerShell.Path, ["-NoProfile", "-NonInteractive", "-Command", script]) { RedirectStandardOutput = true })!;
        double processor = double.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        return new Cost(Stopwatch.GetElapsedTime(start).TotalMilliseconds, processor);
    }

    private static void Write(string what, List<Cost> costs) =>
        Console.WriteLine($"  {what,-24} {Median(costs, c => c.Wall),6:N0} ms, {Median(costs, c => c.Cpu),6:N0} ms of processor time");

    private static double Median(List<Cost> costs, Func<Cost, double> figure) => costs.Select(figure).Order().ElementAt(costs.Count / 2);

    private readonly record struct Cost(double Wall, double Cpu);
}
