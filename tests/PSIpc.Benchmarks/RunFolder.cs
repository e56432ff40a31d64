using System.Diagnostics;
using PSIpc.Core.Segments;

namespace PSIpc.Benchmarks;

/// <summary>A folder of shared objects for one run, in memory where the system has such a folder, and the processes that work in it.</summary>
internal sealed class RunFolder : IDisposable
{
    public RunFolder()
    {
        string root = System.IO.Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string path = Path.Combine(root, $"psipc-run-{Environment.ProcessId}-{Guid.NewGuid():N}");
        System.IO.Directory.CreateDirectory(path);
        Directory = IpcDirectory.At(path);
    }

    public IpcDirectory Directory { get; }

    /// <summary>What is in the folder but for the lease of this process.</summary>
    public string[] Files() => [.. System.IO.Directory.GetFiles(Directory.FullPath)
        .Select(f => Path.GetFileName(f))
        .Where(f => f != $"psipc.lease.{Directory.LeaseId:N}")];

    /// <summary>Starts a process with a role.</summary>
    public Process Start(string role, string name, int id, int seconds = 0) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["--worker", role, name, $"{id}", $"{seconds}"])
        {
            RedirectStandardOutput = true,
            // A runtime that is killed leaves its sockets for debuggers in the temporary folder.
            Environment = { [IpcDirectory.Variable] = Directory.FullPath, ["DOTNET_EnableDiagnostics"] = "0" },
        })!;

    public void Dispose() => System.IO.Directory.Delete(Directory.FullPath, recursive: true);
}
