using System.Diagnostics;
using System.Globalization;

namespace PSIpc.Benchmarks;

/// <summary>The same work by Python's multiprocessing; nothing where there is no python3.</summary>
internal static class PythonPeer
{
    private const int Runs = 5;

    private const string Script = """
        import sys, time
        from multiprocessing import Pipe, Process, Queue, SimpleQueue

        def send_pipe(conn, size, count):
            body = b'x' * size
            for _ in range(count): conn.send_bytes(body)

        def send_queue(queue, size, count):
            body = b'x' * size
            for _ in range(count): queue.put(body)

        def echo(conn, count):
            for _ in range(count): conn.send_bytes(conn.recv_bytes())

        if __name__ == '__main__':
            what, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
            if what in ('queue', 'simple'):
                queue = Queue() if what == 'queue' else SimpleQueue()
                peer = Process(target=send_queue, args=(queue, size, count)); peer.start()
                queue.get()
                start = time.perf_counter()
                for _ in range(count - 1): queue.get()
                print((count - 1) / (time.perf_counter() - start))
            else:
                mine, theirs = Pipe()
                target, args = (send_pipe, (theirs, size, count)) if what == 'pipe' else (echo, (theirs, count + 1))
                peer = Process(target=target, args=args); peer.start()
                if what == 'pipe':
                    mine.recv_bytes()
                    start = time.perf_counter()
                    for _ in range(count - 1): mine.recv_bytes()
                    print((count - 1) / (time.perf_counter() - start))
                else:
                    body = b'x' * size
                    trips = []
                    for i in range(count + 1):
                        if what == 'woken': time.sleep(0.001)
                        start = time.perf_counter()
                        mine.send_bytes(body); mine.recv_bytes()
                        trips.append(time.perf_counter() - start)
                    print(sorted(trips)[len(trips) // 2] * 1e6)
            peer.join()
        """;

    private const string SerializeScript = """
        import json, pickle, sys, time
        with open(sys.argv[2]) as file: value = json.load(file)
        if sys.argv[1] == 'pickle':
            def once(): pickle.loads(pickle.dumps(value))
        else:
            def once(): json.loads(json.dumps(value))
        def run():
            count, start = 0, time.perf_counter()
            while time.perf_counter() - start < 0.3: once(); count += 1
            return (time.perf_counter() - start) / count * 1e6
        run()
        print(sorted(run() for _ in range(5))[2])
        """;

    /// <summary>Microseconds to write and read back what a JSON file has.</summary>
    public static double? Serialize(string module, string dataFile) => RunScript(SerializeScript, [module, dataFile]);

    /// <summary>The number that a script prints, given one word; null where there is no python3, or not what the script wants.</summary>
    public static double? Figure(string script, string what) => RunScript(script, [what]) ?? RunScript(script, [what], "/usr/bin/python3");

    /// <summary>Messages a second.</summary>
    public static double? Throughput(string what, int size, int count) => Run(what, size, count);

    /// <summary>Microseconds there and back.</summary>
    public static double? RoundTrip(int count) => Run("echo", 64, count);

    /// <summary>Microseconds there and back, each side asleep before.</summary>
    public static double? WokenRoundTrip(int count) => Run("woken", 64, count);

    private static double? Run(string what, int size, int count)
    {
        double[] figures = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            if (RunScript(Script, [what, $"{size}", $"{count}"]) is not { } figure)
            {
                return null;
            }

            figures[i] = figure;
        }

        Array.Sort(figures);
        return figures[Runs / 2];
    }

    /// <summary>The number that a script prints; null where there is no python3.</summary>
    private static double? RunScript(string script, string[] arguments, string program = "python3")
    {
        string path = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.py");
        File.WriteAllText(path, script);
        try
        {
            using Process python = Process.Start(new ProcessStartInfo(program, [path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = python.StandardError.ReadToEndAsync();
            string output = python.StandardOutput.ReadToEnd();
            errors.Wait();
            python.WaitForExit();
            return double.Parse(output, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or FormatException)
        {
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
