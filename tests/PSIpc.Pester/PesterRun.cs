using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace PSIpc.Pester;

/// <summary>
/// Runs Pester files in a few PowerShell processes side by side. Each process claims the next file; one that hangs or ends early fails the file that it
/// was running, and another process takes its place.
/// </summary>
internal sealed class PesterRun
{
    /// <summary>Most tests wait most of their time, so that two processes keep one processor busy.</summary>
    private const int ProcessCount = 2;

    private static readonly TimeSpan FileLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _folder = Directory.CreateTempSubdirectory("psipc-pester-").FullName;
    private readonly Dictionary<string, TaskCompletionSource<FileResult>> _results;
    private readonly string _list;

    private PesterRun(IReadOnlyCollection<string> files)
    {
        _results = files.ToDictionary(f => f, _ => new TaskCompletionSource<FileResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        _list = Path.Combine(_folder, "files.txt");
        File.WriteAllLines(_list, files);
    }

    /// <summary>Starts to run some files.</summary>
    /// <param name="files">Their full paths, in the order in which they are taken.</param>
    public static PesterRun Start(IReadOnlyCollection<string> files)
    {
        var run = new PesterRun(files);
        for (int i = 0; i < Math.Min(ProcessCount, files.Count); i++)
        {
            new Thread(run.RunFiles) { IsBackground = true, Name = "Pester run" }.Start();
        }

        return run;
    }

    /// <summary>The results of a file, when it has ended.</summary>
    public Task<FileResult> ResultOf(string file) => _results[file].Task;

    /// <summary>Runs files in one process after another until all are claimed.</summary>
    private void RunFiles()
    {
        try
        {
            while (_results.Keys.Any(f => !File.Exists(PathFor(f, "claim"))))
            {
                RunProcess();
            }
        }
        catch (Exception e)
        {
            foreach (TaskCompletionSource<FileResult> result in _results.Values)
            {
                result.TrySetException(e);
            }
        }
    }

    private void RunProcess()
    {
        using Process process = Process.Start(StartInfo())!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        long progress = Stopwatch.GetTimestamp();
        int completed = 0;
        bool hasEnded = false;
        while (!hasEnded)
        {
            hasEnded = process.WaitForExit(LookInterval);
            CollectResults();
            if (_results.Values.Count(r => r.Task.IsCompleted) is var now && now != completed)
            {
                completed = now; // Of any process: the results of one file can be collected by the thread of another.
                progress = Stopwatch.GetTimestamp();
            }

            if (Stopwatch.GetElapsedTime(progress) > FileLimit)
            {
                process.Kill(entireProcessTree: true);
                hasEnded = true;
            }
        }

        process.WaitForExit();
        CollectResults();
        string owner = $"{process.Id}";
        foreach (string file in _results.Keys.Where(f => File.Exists(PathFor(f, "claim")) && File.ReadAllText(PathFor(f, "claim")).Trim() == owner && !File.Exists(PathFor(f, "json"))))
        {
            string why = process.ExitCode == 0 ? "without results" : $"with exit code {process.ExitCode}";
            _results[file].TrySetResult(new FileResult([$"PowerShell ended {why} while it ran this file.\n{Tail(output)}\n{Tail(error)}"], []));
        }
    }

    private ProcessStartInfo StartInfo()
    {
        string home = Metadata("PowerShellPath");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(home, "pwsh.dll"), "-NoProfile", "-NonInteractive", "-File", Path.Combine(AppContext.BaseDirectory, "Invoke-PesterFile.ps1"), "-List", _list, "-Folder", _folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PSIPC_MODULE"] = Metadata("ModulePath");
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";

        // Sessions that tests kill, or that end at the same moment, can damage the startup profile that all pwsh of a user share, and a damaged one ends each later start. (Hexadecimal: no machine has
        // so many processors, so the runtime uses no profile.)
        start.Environment["DOTNET_MultiCoreJitMinNumCpus"] = "FFFF";
        start.Environment["PATH"] = home + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"); // Tests start pwsh themselves.
        start.Environment.Remove("PSModulePath");
        return start;
    }

    /// <summary>Hands out the results that are there.</summary>
    private void CollectResults()
    {
        foreach ((string file, TaskCompletionSource<FileResult> result) in _results)
        {
            if (!result.Task.IsCompleted && File.Exists(PathFor(file, "json")))
            {
                result.TrySetResult(JsonSerializer.Deserialize<FileResult>(File.ReadAllText(PathFor(file, "json")))!);
            }
        }
    }

    private string PathFor(string file, string kind) => Path.Combine(_folder, $"{Path.GetFileName(file)}.{kind}");

    private static string Tail(Task<string> text) => text.Wait(TimeSpan.FromSeconds(1)) ? text.Result[^Math.Min(text.Result.Length, 4000)..].Trim() : "";

    private static string Metadata(string key) => Path.GetFullPath(typeof(PesterRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);
}

/// <summary>What came of a Pester file.</summary>
/// <param name="Errors">What failed outside of its tests.</param>
/// <param name="Tests">Its tests. One with several sets of data is there once for each.</param>
internal sealed record FileResult(string[] Errors, TestResult[] Tests);

/// <summary>What came of a test.</summary>
/// <param name="Line">The line of its <c>It</c>.</param>
/// <param name="Name">Its full name, with its data.</param>
/// <param name="Result">Passed, Failed, Skipped, NotRun or Inconclusive.</param>
/// <param name="Message">Why it failed or was skipped.</param>
/// <param name="Duration">Seconds.</param>
internal sealed record TestResult(int Line, string Name, string Result, string Message, double Duration);
