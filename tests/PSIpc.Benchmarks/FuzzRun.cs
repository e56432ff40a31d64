using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using PSIpc.Fuzzing;

namespace PSIpc.Benchmarks;

/// <summary>
/// Changed inputs for all decoders, in one process a processor. Where SharpFuzz's tool can be installed, the module is instrumented by it, and inputs that take new
/// paths through the code are kept and changed further.
/// </summary>
internal static class FuzzRun
{
    private const int MapBytes = 1 << 16;
    private const int SecondsForOneInput = 10;

    private static readonly string[] Decoders = ["PSIpc.dll", "dependencies/PSIpc.MessagePack.dll"];

    private static byte[]? _lastSeen;

    /// <summary>Runs for some seconds; false when a decoder broke a promise.</summary>
    public static bool Run(int seconds)
    {
        string folder = Directory.CreateTempSubdirectory("psipc-fuzz-").FullName;
        try
        {
            bool isGuided = PrepareModule(folder);
            Console.WriteLine($"fuzz: {seconds} s, {Environment.ProcessorCount} processes, {(isGuided ? "guided by coverage (SharpFuzz)" : "not guided: SharpFuzz's tool cannot be installed here")}");
            Process[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(i => StartWorker(folder, seconds, i, isGuided))];
            string[][] lines = [.. workers.Select(w => w.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))];
            Array.ForEach(workers, w => w.WaitForExit());
            return Report(lines) && Array.TrueForAll(workers, w => w.ExitCode == 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>FOLDER SECONDS SEED GUIDED: one process of a run.</summary>
    public static int RunWorker(string[] words)
    {
        // The instrumented code counts from its first line on.
        Func<bool>? isNewPath = words[3] == "True" ? WatchPaths() : null;
        FuzzTarget[] targets = FuzzTarget.All(Path.Combine(words[0], "PSIpc.psd1"));
        var fuzz = new DecoderFuzz(targets, int.Parse(words[2], CultureInfo.InvariantCulture), isNewPath);
        using var watch = new Timer(_ => EndIfStuck(fuzz), null, TimeSpan.FromSeconds(SecondsForOneInput), TimeSpan.FromSeconds(SecondsForOneInput));
        fuzz.Run(TimeSpan.FromSeconds(int.Parse(words[1], CultureInfo.InvariantCulture)));
        for (int i = 0; i < targets.Length; i++)
        {
            Console.WriteLine($"target\t{targets[i].Name}\t{fuzz.Counts[i]}\t{fuzz.Refused[i]}");
        }

        Console.WriteLine($"most\t{fuzz.LargestAllocation}\t{(long)fuzz.Longest.TotalMicroseconds}\t{fuzz.CorpusSize}");
        fuzz.Failures.ForEach(f => Console.WriteLine("failure\t" + f.ReplaceLineEndings(" ")));
        return 0;
    }

    private static bool PrepareModule(string folder)
    {
        string built = Path.GetDirectoryName(Metadata("ModulePath"))!;
        foreach (string file in Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder, Path.GetRelativePath(built, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return DotNet("tool", "restore") && Array.TrueForAll(Decoders, d => DotNet("sharpfuzz", Path.Combine(folder, d)));
    }

    private static bool DotNet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Metadata("RepositoryPath"), RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        errors.Wait();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Process StartWorker(string folder, int seconds, int number, bool isGuided) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["--fuzz", folder, $"{seconds}", $"{Environment.TickCount + number}", $"{isGuided}"]) { RedirectStandardOutput = true })!;

    /// <summary>The map in which the instrumented code counts the branches that it takes.</summary>
    private static unsafe Func<bool> WatchPaths()
    {
        byte* map = (byte*)NativeMemory.AllocZeroed(MapBytes);
        byte[] seen = new byte[MapBytes];
        SharpFuzz.Common.Trace.SharedMem = map;
        return () =>
        {
            bool isNew = false;
            var now = new Span<byte>(map, MapBytes);
            int at = 0;
            while (now[at..].IndexOfAnyExcept((byte)0) is var step and >= 0)
            {
                at += step;
                // The power of two of the count: another number of turns of a loop is another path, but not each number.
                byte bucket = (byte)(1 << BitOperations.Log2(now[at]));
                isNew |= (seen[at] & bucket) == 0;
                seen[at] |= bucket;
                at++;
            }

            now.Clear();
            SharpFuzz.Common.Trace.PrevLocation = 0;
            return isNew;
        };
    }

    private static void EndIfStuck(DecoderFuzz fuzz)
    {
        (string target, byte[] input) = fuzz.Current;
        if (ReferenceEquals(_lastSeen, input))
        {
            Console.WriteLine($"failure\t{target}, {input.Length} bytes {Convert.ToHexString(input)}: it took more than {SecondsForOneInput} s");
            Console.Out.Flush();
            Environment.Exit(1);
        }

        _lastSeen = input;
    }

    private static bool Report(string[][] lines)
    {
        string[][] words = [.. lines.SelectMany(l => l).Select(l => l.Split('\t'))];
        long total = 0;
        foreach (IGrouping<string, string[]> target in words.Where(w => w[0] == "target").GroupBy(w => w[1]))
        {
            long count = target.Sum(w => long.Parse(w[2], CultureInfo.InvariantCulture));
            long refused = target.Sum(w => long.Parse(w[3], CultureInfo.InvariantCulture));
            total += count;
            Console.WriteLine($"  {target.Key,-16} {count,12:N0} inputs, {refused,12:N0} refused");
        }

        string[][] most = [.. words.Where(w => w[0] == "most")];
        Console.WriteLine($"  in all           {total,12:N0} inputs");
        Console.WriteLine($"  most allocated for an input below 1 KB: {most.Select(w => long.Parse(w[1], CultureInfo.InvariantCulture)).DefaultIfEmpty().Max():N0} bytes");
        Console.WriteLine($"  longest for an input: {most.Select(w => long.Parse(w[2], CultureInfo.InvariantCulture)).DefaultIfEmpty().Max() / 1000.0:N1} ms");
        Console.WriteLine($"  inputs kept for their paths: {string.Join(", ", most.Select(w => w[3]))}");
        string[] failures = [.. words.Where(w => w[0] == "failure").Select(w => w[1])];
        Array.ForEach(failures, f => Console.WriteLine("  FAILED " + f));
        return failures.Length == 0 && most.Length == lines.Length;
    }

    private static string Metadata(string key) =>
        typeof(FuzzRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
