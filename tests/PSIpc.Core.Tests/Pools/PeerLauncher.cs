using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PSIpc.Core.Pools;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Tests.Pools;

/// <summary>Starts workers that know bytes only: the test peer.</summary>
internal sealed partial class PeerLauncher(TestFolder folder) : IWorkerLauncher
{
    private int _killsAtStart;

    /// <summary>The processes that were started, living and dead.</summary>
    public ConcurrentBag<Process> Started { get; } = [];

    /// <summary>Null to start the peer; else what is thrown instead.</summary>
    public Exception? Failure { get; set; }

    /// <summary>How many of the next ones are killed as soon as they are started.</summary>
    public int KillsAtStart
    {
        get => _killsAtStart;
        set => _killsAtStart = value;
    }

    /// <summary>Whether the next ones end by themselves before they are ready.</summary>
    public bool EndsAtStart { get; set; }

    /// <summary>Whether the next ones never become ready.</summary>
    public bool HangsAtStart { get; set; }

    public IWorkerProcess Start(string link, Guid id)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        string program = EndsAtStart ? "false" : HangsAtStart ? "sleep" : Path.Combine(AppContext.BaseDirectory, "PSIpc.TestPeer");
        var start = new ProcessStartInfo(program, HangsAtStart ? ["600"] : ["pool-worker", link]) { RedirectStandardInput = true };
        start.Environment[IpcDirectory.Variable] = folder.Directory.FullPath;
        // A runtime that is killed leaves its sockets for debuggers in the temporary folder.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        Process process = Process.Start(start)!;
        Started.Add(process);
        if (Interlocked.Decrement(ref _killsAtStart) >= 0)
        {
            process.Kill();
        }

        return new PeerProcess(process);
    }

    /// <summary>Sends a signal to a process.</summary>
    public static void Signal(int process, int signal) => Assert.Equal(0, Kill(process, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private sealed class PeerProcess(Process process) : IWorkerProcess
    {
        public int Id { get; } = process.Id;

        public void OnExit(Action callback)
        {
            process.Exited += (_, _) => callback();
            process.EnableRaisingEvents = true;
        }

        public void Kill()
        {
            try
            {
                process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It has ended.
            }
        }

        public WorkerDeath EndOf(int? noted)
        {
            int code = noted ?? process.ExitCode;
            return new(Id, code, code == 137 ? "SIGKILL" : null, noted is null ? "was killed" : $"exited with code {noted}", "");
        }

        public void Dispose() => process.WaitForExit(1);
    }
}
