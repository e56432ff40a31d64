using System.Globalization;

namespace PSIpc.Benchmarks;

/// <summary>Runs the benchmarks of the areas named, or one side of one of them in a process of its own.</summary>
internal static class Program
{
    private const int DefaultStressSeconds = 60;
    private const int DefaultFuzzSeconds = 60;
    private const int DefaultFleetWorkers = 1000;
    private const int DefaultKills = 1000;
    private const int DefaultPoolKills = 500;
    private const int DefaultPoolMillions = 10;
    private const int DefaultOwnerKills = 100;

    private static readonly SortedDictionary<string, Func<int?, bool>> Areas = new(StringComparer.Ordinal)
    {
        ["chaos"] = kills => new ChaosRun(kills ?? DefaultKills).Run(),
        ["cmdlets"] = _ => Done(CmdletBenchmark.Run),
        ["fleet"] = workers => Done(() => FleetBenchmark.Run(workers ?? DefaultFleetWorkers)),
        ["fuzz"] = seconds => FuzzRun.Run(seconds ?? DefaultFuzzSeconds),
        ["kills"] = kills => KillsRun.Run(kills ?? DefaultOwnerKills),
        ["import"] = _ => Done(ImportBenchmark.Run),
        ["memory"] = _ => Done(MemoryBenchmark.Run),
        ["pipe"] = _ => Done(new ChannelBenchmark("pipe").Run),
        ["pool"] = _ => Done(PoolBenchmark.Run),
        ["pool-chaos"] = kills => PoolChaosRun.Run(kills ?? DefaultPoolKills),
        ["pool-memory"] = millions => PoolMemoryRun.Run(millions ?? DefaultPoolMillions),
        ["python"] = _ => Done(PythonBenchmark.Run),
        ["queue"] = _ => Done(new ChannelBenchmark("queue").Run) && Done(CmdletBenchmark.Run),
        ["serializers"] = _ => Done(SerializerBenchmark.Run),
        ["server"] = _ => Done(ServerBenchmark.Run) && Done(ServerPoolBenchmark.Run),
        ["server-pool"] = _ => Done(ServerPoolBenchmark.Run),
        ["stress"] = seconds => new StressRun(seconds ?? DefaultStressSeconds).Run(),
        ["topic"] = _ => Done(new ChannelBenchmark("topic").Run),
    };

    private static int Main(string[] words)
    {
        switch (words)
        {
            case ["--peer", .. var rest]:
                return ChannelPeer.Run(rest);
            case ["--fuzz", .. var rest]:
                return FuzzRun.RunWorker(rest);
            case ["--memory", var kind, var value, var locked, var barrier]:
                return MemoryPeer.Run(kind, value, locked, barrier);
            case ["--nothing"]:
                return 0;
            case ["--worker", .. var rest]:
                return WorkerPeer.Run(rest);
        }

        if (words.Length == 0 || !Array.TrueForAll(words, w => Areas.ContainsKey(w) || int.TryParse(w, out _)))
        {
            Console.Error.WriteLine($"usage: PSIpc.Benchmarks AREA [NUMBER]...   areas: {string.Join(", ", Areas.Keys)}; chaos, kills and pool-chaos take the number of kills, pool-memory millions of items, fleet the workers, fuzz and stress the seconds");
            return 2;
        }

        bool succeeded = true;
        for (int i = 0; i < words.Length; i++)
        {
            if (Areas.TryGetValue(words[i], out Func<int?, bool>? run))
            {
                bool hasNumber = i + 1 < words.Length && int.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
                succeeded &= run(hasNumber ? int.Parse(words[i + 1], CultureInfo.InvariantCulture) : null);
            }
        }

        return succeeded ? 0 : 1;
    }

    private static bool Done(Action run)
    {
        run();
        return true;
    }
}
