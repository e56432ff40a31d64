using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>The session may have another real version of the MessagePack library; the module keeps to its own.</summary>
public sealed class OtherMessagePackTests
{
    [Fact]
    public void Another_version_loaded_first_and_in_use_does_not_disturb()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "versions.ps1");
        string other = Path.Combine(AppContext.BaseDirectory, "other", "MessagePack.dll");

        // The library is loaded with the first serializer that is used, not by the import: so this comes before.
        File.WriteAllText(script, """
            param($Other)
            $theirs = [System.Reflection.Assembly]::LoadFrom($Other)
            $theirs.GetType('MessagePack.MessagePackWriter', $true).Assembly.GetName().Version.Major
            $back = ConvertFrom-IpcData (ConvertTo-IpcData ([pscustomobject]@{ a = 1.5; t = [datetime]::UnixEpoch }))
            $back.a
            $all = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'MessagePack' }
            (2, 3).Where{ $_ -in $all.ForEach{ $_.GetName().Version.Major } } -join ' '
            @($all.Where{ [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_) -eq [System.Runtime.Loader.AssemblyLoadContext]::Default }).ForEach{ $_.GetName().Version.Major } -join ' '
            """);
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, [script, other]) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.Equal(["3", "1.5", "2 3", "3"], lines);
    }
}
