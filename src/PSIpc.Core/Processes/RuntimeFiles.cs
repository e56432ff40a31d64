namespace PSIpc.Core.Processes;

/// <summary>The sockets that the .NET runtime and PowerShell have in the temporary folder for debuggers. A process that is killed leaves them there.</summary>
internal static class RuntimeFiles
{
    /// <summary>Removes those of a process that has ended, or is about to.</summary>
    public static void Remove(int process)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // They are no files there.
        }

        foreach (string pattern in (string[])[$"dotnet-diagnostic-{process}-*-socket", $"clr-debug-pipe-{process}-*", $"CoreFxPipe_PSHost.*.{process}.*"])
        {
            try
            {
                foreach (string path in Directory.EnumerateFiles(Path.GetTempPath(), pattern))
                {
                    File.Delete(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or gone meanwhile.
            }
        }
    }
}
