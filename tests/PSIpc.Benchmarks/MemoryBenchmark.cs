using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Memory;
using PSIpc.Core.Synchronization;
using PSIpc.Core.Waiting;

namespace PSIpc.Benchmarks;

/// <summary>Shared memory beside plain arrays and Python's: elements, whole arrays, and increments by two processes.</summary>
internal static class MemoryBenchmark
{
    /// <summary>Increments of each process in a run.</summary>
    public const int Increments = 500_000;

    private const double IncrementTarget = 0.2;
    private const int Elements = 8 << 20;

    private const string Script = """
        $invariant = [Globalization.CultureInfo]::InvariantCulture
        $count = 300000
        $a = New-SharedArray -Length 1000; $plain = [double[]]::new(1000); $v = New-SharedValue -Value 0 -Type Int64
        function Say($what, $work) {
            foreach ($round in 1..6) {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                & $work
                if ($round -gt 1) { [Console]::WriteLine("$what " + ($clock.Elapsed.TotalMicroseconds / $count).ToString($invariant)) }
            }
        }
        Say get { for ($i = 0; $i -lt $count; $i++) { $null = $a.GetValue(5) } }
        Say set { for ($i = 0; $i -lt $count; $i++) { $a.SetValue(5, 1.5) } }
        Say index { for ($i = 0; $i -lt $count; $i++) { $null = $a[5] } }
        Say plain { for ($i = 0; $i -lt $count; $i++) { $null = $plain[5] } }
        Say add { for ($i = 0; $i -lt $count; $i++) { $null = $v.Add(1) } }
        $count = 20000
        Say cmdlet { for ($i = 0; $i -lt $count; $i++) { Set-SharedValue $v 5 } }
        $count = 1
        $big = New-SharedArray -Length 8MB; $source = [double[]]::new(8MB)
        Say copy { $big.CopyFrom($source) }
        foreach ($i in 1..40) { $null = $big.Sum() }
        [Threading.Thread]::Sleep(300)
        Say sum { $null = $big.Sum() }
        """;

    private const string Python = """
        import sys, time
        from multiprocessing import Process, Value, Array, Barrier, RLock

        def increment(value, count, barrier):
            barrier.wait()
            for _ in range(count):
                with value.get_lock(): value.value += 1
            barrier.wait()

        if __name__ == '__main__':
            what = sys.argv[1]
            if what == 'increment':
                count = 100000
                value, barrier = Value('q', 0), Barrier(3)
                peers = [Process(target=increment, args=(value, count, barrier)) for _ in range(2)]
                for p in peers: p.start()
                barrier.wait(); start = time.perf_counter(); barrier.wait()
                print((time.perf_counter() - start) / (2 * count) * 1e6)
                for p in peers: p.join()
            elif what == 'element':
                array, count = Array('d', 1000), 200000
                start = time.perf_counter()
                for _ in range(count): array[5]
                print((time.perf_counter() - start) / count * 1e6)
            else:
                import numpy
                from multiprocessing.shared_memory import SharedMemory
                shm = SharedMemory(create=True, size=8 << 23)
                a = numpy.ndarray((8 << 20,), 'f8', buffer=shm.buf); a[:] = 1
                other = numpy.ones(8 << 20)
                runs = []
                for _ in range(7):
                    start = time.perf_counter()
                    if what == 'copy': a[:] = other
                    else: a.sum()
                    runs.append((8 << 23) / (time.perf_counter() - start) / 2**30)
                print(sorted(runs)[3])
                del a; shm.close(); shm.unlink()
        """;

    public static void Run()
    {
        Console.WriteLine($"memory: the median of five; {Environment.ProcessorCount} processors, .NET {Environment.Version}");
        ILookup<string, double> figures = RunScript();
        Whole(figures);
        TwoProcesses();
        Methods(figures);
    }

    /// <summary>The other process of the increments: the kind, the value, the lock, the barrier.</summary>
    public static int Increment(string kind, string value, string locked, string barrier)
    {
        using SharedCell cell = SharedCell.Open(value);
        using SharedLock own = SharedLock.Open(locked);
        using SharedBarrier start = SharedBarrier.Open(barrier);
        start.Wait(Deadline.Never);
        for (int i = 0; i < Increments; i++)
        {
            if (kind == "locked")
            {
                own.Enter(Deadline.Never);
                cell.TryReplaceWord(cell.Word + 1, cell.Word);
                own.Exit();
                continue;
            }

            long word;
            do
            {
                word = cell.Word;
            }
            while (!cell.TryReplaceWord(word + 1, word));
        }

        start.Wait(Deadline.Never);
        return 0;
    }

    private static void Whole(ILookup<string, double> figures)
    {
        Figures.Heading($"Whole arrays of {Elements:N0} doubles, {Elements >> 17:N0} MB");
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Double, 8, [Elements]));
        double[] plain = new double[Elements];
        double[] other = new double[Elements];
        Array.Fill(plain, 1);
        MemoryMarshal.AsBytes(plain.AsSpan()).CopyTo(block.AsSpan(0, Elements * 8));
        double Rated(string what) => Elements * 8.0 / (1 << 30) / (Median(figures, what) / 1e6);
        Figures.Row("$a.CopyFrom(a .NET array)", "GiB/s", true, Rated("copy"), ("memcpy between .NET arrays", Rate(() => plain.CopyTo(other, 0))), ("NumPy into shared_memory", PythonPeer.Figure(Python, "copy")));
        Figures.Row("$a.Sum()", "GiB/s", true, Rated("sum"), ("a loop over a .NET array", Rate(() => Loop(plain))), ("NumPy sum in shared_memory", PythonPeer.Figure(Python, "sum")));
        Figures.Row("a loop over the memory, in C#", "GiB/s", true, Rate(() => Loop(MemoryMarshal.Cast<byte, double>(block.AsReadOnlySpan(0, Elements * 8)))), ("a loop over a .NET array", Rate(() => Loop(plain))));
    }

    private static double Loop(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static double Rate(Action work)
    {
        work();
        return Figures.Median(() =>
        {
            long start = Stopwatch.GetTimestamp();
            work();
            return Elements * 8.0 / (1 << 30) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }

    private static void TwoProcesses()
    {
        Figures.Heading("Increments by two processes at once, microseconds for each");
        double? python = PythonPeer.Figure(Python, "increment");
        foreach (string kind in new[] { "atomic", "locked" })
        {
            double ours = Figures.Median(() => IncrementTogether(kind));
            Figures.Row($"{kind} increment", "us", false, ours, ("Python Value, with its lock", python));
            Figures.Target($"{IncrementTarget} us", ours <= IncrementTarget);
        }
    }

    private static double IncrementTogether(string kind)
    {
        using SharedCell cell = SharedCell.Create(new BlockLayout(ElementType.Int64, 8, [1]), []);
        using SharedLock locked = SharedLock.Create();
        using SharedBarrier barrier = SharedBarrier.Create(3);
        Process[] peers = [.. Enumerable.Range(0, 2).Select(_ => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--increment", kind, cell.Name, locked.Name, barrier.Name]))!)];
        barrier.Wait(Deadline.Never);
        long start = Stopwatch.GetTimestamp();
        barrier.Wait(Deadline.Never);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        foreach (Process peer in peers)
        {
            peer.WaitForExit();
            peer.Dispose();
        }

        return cell.Word == 2 * Increments ? elapsed / (2 * Increments) : throw new InvalidOperationException($"{cell.Word} increments were counted");
    }

    private static ILookup<string, double> RunScript()
    {
        string host = typeof(MemoryBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        using Process process = Process.Start(new ProcessStartInfo(host, ["-Command", Script]) { RedirectStandardOutput = true })!;
        ILookup<string, double> figures = process.StandardOutput.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToLookup(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
        process.WaitForExit();
        return figures;
    }

    private static double Median(ILookup<string, double> figures, string what) => figures[what].Order().ElementAt(figures[what].Count() / 2);

    private static void Methods(ILookup<string, double> figures)
    {
        Figures.Heading("From PowerShell, microseconds for each with the loop, in the project's host");
        (string, double?) plain = ("$plain[5] of a .NET array", Median(figures, "plain"));
        Figures.Row("$a.GetValue(5)", "us", false, Median(figures, "get"), plain, ("Python Array[5], with its lock", PythonPeer.Figure(Python, "element")));
        Figures.Row("$a.SetValue(5, 1.5)", "us", false, Median(figures, "set"), plain);
        Figures.Row("$a[5]", "us", false, Median(figures, "index"), plain);
        Figures.Row("$v.Add(1)", "us", false, Median(figures, "add"), plain);
        Figures.Row("Set-SharedValue $v 5", "us", false, Median(figures, "cmdlet"), plain);
    }
}
