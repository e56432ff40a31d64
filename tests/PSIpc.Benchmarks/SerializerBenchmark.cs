using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc.Benchmarks;

/// <summary>Writing objects and reading them back, by each serializer, beside PowerShell's own and Python's with the same data.</summary>
internal static class SerializerBenchmark
{
    private const double SmallTarget = 3;
    private const int MillisecondsForOne = 300;

    private static readonly (string Name, string Script)[] Data =
    [
        ("small object", "[pscustomobject]@{ Id = 7; Name = 'widget'; Price = 9.99; Ready = $true }"),
        ("1,000 rows of a table", ", @(foreach ($i in 1..1000) { [pscustomobject]@{ Id = $i; Name = \"item $i\"; Price = $i * 1.5; Ready = $i % 2 -eq 0; Tag = 'abc' } })"),
        ("1 MB of doubles", "$random = [Random]::new(1); , [double[]]@(foreach ($i in 1..131072) { $random.NextDouble() })"),
        ("70 Process objects", "$all = @(foreach ($i in 1..70) { [Diagnostics.Process]::GetCurrentProcess() }); , $all"),
    ];

    private static readonly string[] Ours = ["MessagePack", "Json", "CliXml"];

    public static void Run()
    {
        Console.WriteLine($"serializers: written and read back, in us, the median of five; {Environment.ProcessorCount} processors, .NET {Environment.Version}");
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Metadata("ModulePath")]);
        using Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        foreach ((string name, string script) in Data)
        {
            Figures.Heading(name);
            object value = Invoke(runspace, script)[0];
            double? clixml = null;
            foreach (string serializer in Ours)
            {
                (double both, double read, long bytes, long allocated) = Measure(runspace, serializer, value);
                clixml = serializer == "CliXml" ? both : clixml;
                Console.WriteLine($"  {serializer,-28} {Text(both),12} us, of it reading {Text(read)}; {bytes:N0} bytes; {allocated:N0} bytes allocated");
                if (serializer == "MessagePack" && name == "small object")
                {
                    Figures.Target($"{SmallTarget} us", both <= SmallTarget);
                }
            }

            Peers(runspace, name, script, value);
        }
    }

    /// <summary>Microseconds to write and read, to read alone; bytes; bytes allocated for both.</summary>
    private static (double Both, double Read, long Bytes, long Allocated) Measure(Runspace runspace, string name, object value)
    {
        object serializer = Invoke(runspace, $"[PSIpc.IpcSerializers]::Get('{name}')")[0].BaseObject;
        var write = serializer.GetType().GetMethod("Serialize")!.CreateDelegate<Action<object?, IBufferWriter<byte>, int>>(serializer);
        var read = serializer.GetType().GetMethod("Deserialize", [typeof(ReadOnlyMemory<byte>)])!.CreateDelegate<Func<ReadOnlyMemory<byte>, object?>>(serializer);
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        void Write()
        {
            buffer.ResetWrittenCount();
            write(value, buffer, 32);
        }

        for (int i = 0; i < 3; i++)
        {
            Write();
            read(buffer.WrittenMemory);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Write();
        read(buffer.WrittenMemory);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        double both = Time(() =>
        {
            Write();
            read(buffer.WrittenMemory);
        });
        return (both, Time(() => read(buffer.WrittenMemory)), buffer.WrittenCount, allocated);
    }

    private static double Time(Action action)
    {
        Repeat(action, out _);
        return Figures.Median(() => Repeat(action, out _));
    }

    private static double Repeat(Action action, out int count)
    {
        count = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            action();
            count++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < MillisecondsForOne);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
    }

    private static void Peers(Runspace runspace, string name, string script, object value)
    {
        Console.WriteLine($"    {"PSSerializer",-26} {Text(Time(() => PSSerializer.Deserialize(PSSerializer.Serialize(value, 2)))),12} us");
        Say("ConvertTo-, ConvertFrom-Json", PowerShellPeer(script));
        string data = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.json");
        byte[] json = (byte[])Invoke(runspace, "ConvertTo-IpcData $args[0] Json", value)[0].BaseObject;
        File.WriteAllBytes(data, json);
        try
        {
            Say("Python pickle", PythonPeer.Serialize("pickle", data));
            Say("Python json", PythonPeer.Serialize("json", data));
        }
        finally
        {
            File.Delete(data);
        }
    }

    /// <summary>The cmdlets of PowerShell, in a loop of their own in pwsh; nothing where there is none.</summary>
    private static double? PowerShellPeer(string script)
    {
        string loop = $$"""
            $value = & { {{script}} }
            function Once { $clock = [Diagnostics.Stopwatch]::StartNew(); $count = 0
                do { $null = ConvertFrom-Json (ConvertTo-Json -InputObject $value -Depth 4 -Compress -WarningAction Ignore); $count++ } while ($clock.ElapsedMilliseconds -lt {{MillisecondsForOne}})
                $clock.Elapsed.TotalMicroseconds / $count }
            $null = Once
            $all = @(foreach ($i in 1..5) { Once }) | Sort-Object
            $all[2].ToString([Globalization.CultureInfo]::InvariantCulture)
            """;
        try
        {
            using Process pwsh = Process.Start(new ProcessStartInfo(RealPowerShell.Path, ["-NoProfile", "-NonInteractive", "-Command", loop]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = pwsh.StandardError.ReadToEndAsync();
            string output = pwsh.StandardOutput.ReadToEnd();
            errors.Wait();
            pwsh.WaitForExit();
            return double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double figure) ? figure : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static void Say(string peer, double? figure) =>
        Console.WriteLine($"    {peer,-26} {(figure is { } f ? Text(f) : "not there"),12}{(figure is null ? "" : " us")}");

    private static string Text(double value) => value.ToString(value >= 100 ? "N0" : "N2", CultureInfo.InvariantCulture);

    private static System.Collections.ObjectModel.Collection<PSObject> Invoke(Runspace runspace, string script, params object[] arguments)
    {
        using PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        pipeline.AddScript(script);
        Array.ForEach(arguments, a => pipeline.AddArgument(a));
        return pipeline.Invoke();
    }

    private static string Metadata(string key) =>
        typeof(SerializerBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
