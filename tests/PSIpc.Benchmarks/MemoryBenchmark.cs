using System.Diagnostics;
using System.Globalization;
using System.Numerics;
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
        $l = New-IpcLock
        Say lock { for ($i = 0; $i -lt $count; $i++) { $l.Enter(); $l.Exit() } }
        Say add { for ($i = 0; $i -lt $count; $i++) { $null = $v.Add(1) } }
        $count = 20000
        Say setvalue { for ($i = 0; $i -lt $count; $i++) { Set-SharedValue $v 5 } }
        Say getvalue { for ($i = 0; $i -lt $count; $i++) { $null = (Get-SharedValue $v.Name).Value } }
        Say update { for ($i = 0; $i -lt $count; $i++) { Update-SharedValue $v { $_ + 1 } } }
        $count = 1
        $big = New-SharedArray -Length 8MB; $source = [double[]]::new(8MB)
        Say copy { $big.CopyFrom($source) }
        foreach ($i in 1..40) { $null = $big.Sum() }
        [Threading.Thread]::Sleep(300)
        Say sum { $null = $big.Sum() }
        """;

    private const string Python = """
        import sys, time
        from multiprocessing import Process, Value, Array, Barrier, Lock

        def increment(value, count, barrier):
            barrier.wait()
            for _ in range(count):
                with value.get_lock(): value.value += 1
            barrier.wait()

        def hand_over(lock, stamp, medians, index, count, barrier):
            barrier.wait()
            times = []
            for i in range(count):
                lock.acquire()
                now = time.perf_counter()
                if stamp.value: times.append(now - stamp.value)
                time.sleep(0.001)
                stamp.value = mine = time.perf_counter()
                lock.release()
                while stamp.value == mine and i < count - 1:
                    if not lock.acquire(False): break
                    lock.release(); time.sleep(0)
            medians[index] = sorted(times)[len(times) // 2]
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
            elif what == 'handover':
                lock, stamp, medians, barrier = Lock(), Value('d', 0, lock=False), Array('d', 2), Barrier(3)
                peers = [Process(target=hand_over, args=(lock, stamp, medians, i, 300, barrier)) for i in range(2)]
                for p in peers: p.start()
                barrier.wait(); barrier.wait()
                print(sum(medians) * 1e6)
                for p in peers: p.join()
            elif what == 'lock':
                lock, count = Lock(), 200000
                start = time.perf_counter()
                for _ in range(count):
                    with lock: pass
                print((time.perf_counter() - start) / count * 1e6)
            elif what == 'value':
                value, count = Value('q', 0), 200000
                start = time.perf_counter()
                for _ in range(count): value.value
                print((time.perf_counter() - start) / count * 1e6)
            elif what == 'setelement':
                array, count = Array('d', 1000), 200000
                start = time.perf_counter()
                for _ in range(count): array[5] = 1.5
                print((time.perf_counter() - start) / count * 1e6)
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
        Elementwise();
        TwoProcesses();
        Methods(figures);
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
        Figures.Row("$a.Sum()", "GiB/s", true, Rated("sum"), ("a vector loop over a .NET array", Rate(() => VectorLoop(plain))), ("a loop over a .NET array", Rate(() => Loop(plain))), ("NumPy sum in shared_memory", PythonPeer.Figure(Python, "sum")));
        Figures.Row("a copy of the memory, in C#", "GiB/s", true, Rate(() => MemoryMarshal.AsBytes(plain.AsSpan()).CopyTo(block.AsSpan(0, Elements * 8))), ("memcpy between .NET arrays", Rate(() => plain.CopyTo(other, 0))));
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

    private static double VectorLoop(ReadOnlySpan<double> values)
    {
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(values);
        Vector<double> first = default;
        Vector<double> second = default;
        for (int i = 0; i + 1 < vectors.Length; i += 2)
        {
            first += vectors[i];
            second += vectors[i + 1];
        }

        return Vector.Sum(first + second);
    }

    /// <summary>Elements at places that hop about, in C#: nanoseconds to get and to set one, with the loop.</summary>
    private static void Elementwise()
    {
        const int Count = 1 << 16;
        Figures.Heading($"Single elements in C#, of {Count:N0} doubles at places that hop about, nanoseconds with the loop");
        using SharedBlock block = SharedBlock.Create(ObjectKind.Array, new BlockLayout(ElementType.Double, 8, [Count]));
        double[] plain = new double[Count];
        double Shared(bool set) => Nanoseconds(() => Hop(MemoryMarshal.Cast<byte, double>(block.AsSpan(0, Count * 8)), set), Count);
        double Plain(bool set) => Nanoseconds(() => Hop(plain, set), Count);
        Figures.Row("get", "ns", false, Shared(false), ("of a .NET array", Plain(false)));
        Figures.Row("set", "ns", false, Shared(true), ("of a .NET array", Plain(true)));
        using SharedLock locked = SharedLock.Create();
        Figures.Row("Enter and Exit of a free lock", "ns", false, Nanoseconds(
            () =>
            {
                for (int i = 0; i < Count; i++)
                {
                    locked.Enter(Deadline.Never);
                    locked.Exit();
                }
            },
            Count), ("Python with lock: pass", PythonPeer.Figure(Python, "lock") * 1000));
    }

    private static double Hop(Span<double> values, bool set)
    {
        double sum = 0;
        int at = 0;
        for (int i = 0; i < values.Length; i++)
        {
            at = (at + 40503) & (values.Length - 1);
            if (set)
            {
                values[at] = i;
            }
            else
            {
                sum += values[at];
            }
        }

        return sum;
    }

    private static double Nanoseconds(Action work, int count)
    {
        const int Rounds = 50;
        for (int i = 0; i < 2 * Rounds; i++)
        {
            work();
        }

        return Figures.Median(() =>
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Rounds; i++)
            {
                work();
            }

            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Rounds / count;
        });
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
            double ours = Figures.Median(() => Together(kind, out double elapsed, out _) == 2 * MemoryPeer.Increments
                ? elapsed / (2 * MemoryPeer.Increments)
                : throw new InvalidOperationException("An increment was lost."));
            Figures.Row($"{kind} increment", "us", false, ours, ("Python Value, with its lock", python));
            Figures.Target($"{IncrementTarget} us", ours <= IncrementTarget);
        }

        Figures.Heading("A lock that goes from one process to another and back, each woken for it, microseconds");
        double there = Figures.Median(() =>
        {
            Together("handover", out _, out double medians);
            return medians;
        });
        Figures.Row("handover, there and back", "us", false, there, ("Python Lock", PythonPeer.Figure(Python, "handover")));
    }

    /// <summary>Has two processes do a kind of work; what they counted, how long it took, and the sum of what they wrote.</summary>
    private static long Together(string kind, out double microseconds, out double written)
    {
        using SharedCell cell = SharedCell.Create(new BlockLayout(ElementType.Int64, 8, [1]), []);
        using SharedLock locked = SharedLock.Create();
        using SharedBarrier barrier = SharedBarrier.Create(3);
        Process[] peers = [.. Enumerable.Range(0, 2).Select(_ => Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["--memory", kind, cell.Name, locked.Name, barrier.Name]) { RedirectStandardOutput = true })!)];
        barrier.Wait(Deadline.Never);
        long start = Stopwatch.GetTimestamp();
        barrier.Wait(Deadline.Never);
        microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        written = 0;
        foreach (Process peer in peers)
        {
            string text = peer.StandardOutput.ReadToEnd();
            written += text.Length == 0 ? 0 : double.Parse(text, CultureInfo.InvariantCulture);
            peer.WaitForExit();
            peer.Dispose();
        }

        return cell.Word;
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
        Figures.Row("$a.SetValue(5, 1.5)", "us", false, Median(figures, "set"), plain, ("Python Array[5] = 1.5, with its lock", PythonPeer.Figure(Python, "setelement")));
        Figures.Row("$a[5]", "us", false, Median(figures, "index"), plain);
        Figures.Row("$v.Add(1)", "us", false, Median(figures, "add"), plain);
        Figures.Row("$l.Enter(); $l.Exit()", "us", false, Median(figures, "lock"), plain, ("Python with lock: pass", PythonPeer.Figure(Python, "lock")));
        Figures.Row("Set-SharedValue $v 5", "us", false, Median(figures, "setvalue"), plain);
        Figures.Row("(Get-SharedValue $v.Name).Value", "us", false, Median(figures, "getvalue"), plain, ("Python Value.value, with its lock", PythonPeer.Figure(Python, "value")));
        Figures.Row("Update-SharedValue $v { $_ + 1 }", "us", false, Median(figures, "update"), plain);
    }
}
