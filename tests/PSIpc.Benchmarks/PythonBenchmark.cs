using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>Our pickles beside those of Python's own C code, with the same data; and messages between PowerShell and Python beside those between two Pythons.</summary>
internal static class PythonBenchmark
{
    private const int MillisecondsForOne = 300;
    private const int Messages = 20_000;
    private const int Rounds = 6;

    /// <summary>Writes each pickle to a file and prints its name, and microseconds to read and to write it: the median of five.</summary>
    private const string Pickles = """
        import pickle, sys, time, random, datetime, uuid, decimal, os
        r = random.Random(1)
        data = {
            'small dict': {'Id': 7, 'Name': 'widget', 'Price': 9.99, 'Ready': True},
            '1,000 rows as dicts': [{'Id': i, 'Name': 'item %d' % i, 'Price': i * 1.5, 'Ready': i % 2 == 0, 'Tag': 'abc'} for i in range(1000)],
            '100,000 integers': [r.randrange(1 << 31) for _ in range(100000)],
            '131,072 floats': [r.random() for _ in range(131072)],
            '20,000 texts': ['text number %d' % r.randrange(10**9) for _ in range(20000)],
            '20,000 tuples of three': [(i, float(i), 'x%d' % i) for i in range(20000)],
            '1,000,000 integers': list(range(1000000)),
            'dict of 100,000': {str(i): i for i in range(100000)},
            '5,000 dates': [datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=i) for i in range(5000)],
            '16 MB of bytes': os.urandom(16 << 20),
        }
        def median(work):
            def once():
                count, start = 0, time.perf_counter()
                while time.perf_counter() - start < 0.3: work(); count += 1
                return (time.perf_counter() - start) / count * 1e6
            once()
            return sorted(once() for _ in range(5))[2]
        for i, (name, value) in enumerate(data.items()):
            pickled = pickle.dumps(value, 4)
            with open('%s/%d.pickle' % (sys.argv[1], i), 'wb') as f: f.write(pickled)
            print(name, median(lambda: pickle.loads(pickled)), median(lambda: pickle.dumps(value, 4)), sep='\t')
        """;

    /// <summary>A listener that takes, gives or sends back messages, for whoever connects.</summary>
    private const string Server = """
        import sys
        from multiprocessing.connection import Listener
        with Listener(sys.argv[1], authkey=b'key') as l:
            print('ready', flush=True)
            while True:
                with l.accept() as c:
                    while True:
                        try: what, count = c.recv()
                        except EOFError: break
                        if what == 'end': sys.exit()
                        if what == 'take':
                            for _ in range(count): c.recv()
                            c.send(None)
                        elif what == 'give':
                            for i in range(count): c.send({'Id': i, 'Name': 'widget', 'Price': 9.99, 'Ready': True})
                        else:
                            for _ in range(count): c.send(c.recv())
        """;

    private const string PythonClient = """
        import sys, time
        from multiprocessing.connection import Client
        count = int(sys.argv[2])
        value = {'Id': 7, 'Name': 'widget', 'Price': 9.99, 'Ready': True}
        with Client(sys.argv[1], authkey=b'key') as c:
            def say(what, work):
                for round in range(6):
                    c.send((what, count))
                    start = time.perf_counter()
                    work()
                    if round: print(what, count / (time.perf_counter() - start), flush=True)
            def take():
                for _ in range(count): c.send(value)
                c.recv()
            def give():
                for _ in range(count): c.recv()
            def echo():
                for _ in range(count): c.send(value); c.recv()
            say('take', take); say('give', give); say('echo', echo)
        """;

    private const string OurClient = """
        param([string] $path, [int] $count)
        $ErrorActionPreference = 'Stop'
        $invariant = [Globalization.CultureInfo]::InvariantCulture
        $c = Connect-IpcPipe $path -AuthKey key
        $value = @{ Id = 7; Name = 'widget'; Price = 9.99; Ready = $true }
        $values = @($value) * $count
        function Say($what, $as, $work) {
            foreach ($round in 1..6) {
                $c.Send([PSIpc.PythonTuple]::new($what, $count))
                $clock = [Diagnostics.Stopwatch]::StartNew()
                & $work
                if ($round -gt 1) { [Console]::WriteLine("$as " + ($count / $clock.Elapsed.TotalSeconds).ToString($invariant)) }
            }
        }
        Say take take { $values | Send-IpcMessage $c; $null = $c.Receive() }
        Say give give { $null = Receive-IpcMessage $c -Count $count }
        Say echo echo { for ($i = 0; $i -lt $count; $i++) { $c.Send($value); $null = $c.Receive() } }
        Say take take-method { foreach ($v in $values) { $c.Send($v) }; $null = $c.Receive() }
        Say give give-method { for ($i = 0; $i -lt $count; $i++) { $null = $c.Receive() } }
        $c.Send([PSIpc.PythonTuple]::new('end', 0))
        """;

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("psipc-python-").FullName;
        try
        {
            Console.WriteLine($"python: the median of five; {Environment.ProcessorCount} processors, .NET {Environment.Version}");
            if (Output("python3", ["--version"])?[0] is not { } version)
            {
                Console.WriteLine("  python3 is not there");
                return;
            }

            Console.WriteLine($"  {version}");
            ComparePickles(folder);
            CompareMessages(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void ComparePickles(string folder)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Metadata("ModulePath")]);
        using Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        using PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        object serializer = pipeline.AddScript("[PSIpc.IpcSerializers]::Get('Pickle')").Invoke()[0].BaseObject;
        var write = serializer.GetType().GetMethod("Serialize")!.CreateDelegate<Action<object?, IBufferWriter<byte>, int>>(serializer);
        var read = serializer.GetType().GetMethod("Deserialize", [typeof(ReadOnlyMemory<byte>)])!.CreateDelegate<Func<ReadOnlyMemory<byte>, object?>>(serializer);
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        string[][] theirs = [.. Output("python3", ["-c", Pickles, folder])!.Select(l => l.Split('\t'))];
        for (int i = 0; i < theirs.Length; i++)
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(folder, $"{i}.pickle"));
            object? value = read(bytes);
            Figures.Heading($"{theirs[i][0]}, {bytes.Length:N0} bytes, microseconds");
            Figures.Row("read", "us", false, Time(() => read(bytes)), ("Python's C pickle", Number(theirs[i][1])));
            Figures.Row("write", "us", false, Time(() => Write(value)), ("Python's C pickle", Number(theirs[i][2])));
        }

        void Write(object? value)
        {
            buffer.ResetWrittenCount();
            write(value, buffer, 32);
        }
    }

    private static void CompareMessages(string folder)
    {
        string path = Path.Combine(folder, "s");
        string script = Path.Combine(folder, "client.ps1");
        File.WriteAllText(script, OurClient);
        using Process server = Process.Start(new ProcessStartInfo("python3", ["-c", Server, path]) { RedirectStandardOutput = true })!;
        server.StandardOutput.ReadLine();
        string[] counted = [$"{Messages}"];
        ILookup<string, double> theirs = Table(Output("python3", ["-c", PythonClient, path, .. counted])!);
        ILookup<string, double> ours = Table(Output(Metadata("HostPath"), [script, path, .. counted])!);
        server.WaitForExit();
        Figures.Heading($"A small dict through a Unix socket, {Messages:N0} times, thousand a second");
        Row("PowerShell to Python, Send-IpcMessage", "take", "take");
        Row("PowerShell to Python, $c.Send()", "take-method", "take");
        Row("Python to PowerShell, Receive-IpcMessage", "give", "give");
        Row("Python to PowerShell, $c.Receive()", "give-method", "give");
        Row("there and back, methods", "echo", "echo");

        void Row(string what, string mine, string other) => Figures.Row(what, "thousand/s", true, Median(ours, mine) / 1000, ("between two Pythons", Median(theirs, other) / 1000));
    }

    private static double Time(Action action)
    {
        Repeat(action);
        return Figures.Median(() => Repeat(action));
    }

    private static double Repeat(Action action)
    {
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            action();
            count++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < MillisecondsForOne);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
    }

    private static ILookup<string, double> Table(string[] lines) => lines.Select(l => l.Split(' ')).ToLookup(w => w[0], w => Number(w[1]));

    private static double Median(ILookup<string, double> figures, string what) => figures[what].Order().ElementAt((Rounds - 1) / 2);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string[]? Output(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Metadata(string key) =>
        typeof(PythonBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
