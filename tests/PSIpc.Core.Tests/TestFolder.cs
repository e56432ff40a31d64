using PSIpc.Core.Segments;

namespace PSIpc.Core.Tests;

/// <summary>A folder of shared objects for one test, in memory where the system has such a folder.</summary>
internal sealed class TestFolder : IDisposable
{
    /// <summary>Long enough for anything that does not hang.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    public TestFolder()
    {
        string root = System.IO.Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string path = Path.Combine(root, "psipc-test-" + Guid.NewGuid().ToString("N"));
        System.IO.Directory.CreateDirectory(path);
        Directory = IpcDirectory.At(path);
    }

    public IpcDirectory Directory { get; }

    /// <summary>The files in the folder, but for the lease of this process.</summary>
    public string[] Files => System.IO.Directory.GetFiles(Directory.FullPath)
        .Select(f => Path.GetFileName(f))
        .Where(f => f != $"psipc.lease.{Directory.LeaseId:N}")
        .ToArray();

    public void Dispose() => System.IO.Directory.Delete(Directory.FullPath, recursive: true);
}
