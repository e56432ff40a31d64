using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>What the module depends on does not meet what the session has loaded.</summary>
public sealed class IsolationTests
{
    [Fact]
    public void Another_assembly_named_MessagePack_in_the_session_does_not_disturb()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(folder.Path, "isolation.ps1");

        // The library's own name with another version and other contents: the module would fail at once if it met it.
        File.WriteAllText(script, """
            $builder = [System.Reflection.Emit.PersistedAssemblyBuilder]::new(
                [System.Reflection.AssemblyName]::new('MessagePack, Version=1.0.0.0'), [object].Assembly)
            $null = $builder.DefineDynamicModule('MessagePack').DefineType('MessagePack.Impostor', 'Public').CreateType()
            $path = [IO.Path]::Combine($PSScriptRoot, 'MessagePack.dll')
            $builder.Save($path)
            $loaded = [System.Runtime.Loader.AssemblyLoadContext]::Default.LoadFromAssemblyPath($path)
            $q = New-IpcQueue
            Send-IpcMessage $q @{ a = 1.5 }
            "$($loaded.GetName().Version) $((Receive-IpcMessage $q).a)"
            ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'MessagePack' }).Count
            """);
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, [script]) { RedirectStandardOutput = true })!;
        Assert.Equal(["1.0.0.0 1.5", "2"], process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
