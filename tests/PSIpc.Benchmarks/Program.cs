namespace PSIpc.Benchmarks;

/// <summary>Runs the benchmarks of the areas named, or one side of one of them in a process of its own.</summary>
internal static class Program
{
    private static readonly SortedDictionary<string, Action> Areas = new(StringComparer.Ordinal)
    {
        ["queue"] = QueueBenchmark.Run,
    };

    private static int Main(string[] words)
    {
        if (words is ["--peer", .. var rest])
        {
            return QueuePeer.Run(rest);
        }

        if (words.Length == 0 || !Array.TrueForAll(words, Areas.ContainsKey))
        {
            Console.Error.WriteLine($"usage: PSIpc.Benchmarks AREA...   areas: {string.Join(", ", Areas.Keys)}");
            return 2;
        }

        foreach (string area in words)
        {
            Areas[area]();
        }

        return 0;
    }
}
