namespace PSIpc.Tests;

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("psipc-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
