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
            $before = @(Get-Module PSIpc).Count
            Import-Module $env:REAL_MODULE
            $q = New-IpcQueue
            Send-IpcMessage $q @{ a = 1.5 }
            "$before $($loaded.GetName().Version) $((Receive-IpcMessage $q).a)"
            ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'MessagePack' }).Count
            """);
        // The host imports an empty module, so that the script imports this one when the other library is there already.
        string empty = Path.Combine(folder.Path, "Empty.psd1");
        File.WriteAllText(empty, "@{ ModuleVersion = '1.0' }");
        var start = new ProcessStartInfo(TestPaths.Host, [script]) { RedirectStandardOutput = true };
        start.Environment["PSIPC_MODULE"] = empty;
        start.Environment["REAL_MODULE"] = TestPaths.Module;
        using Process process = Process.Start(start)!;
        Assert.Equal(["0 1.0.0.0 1.5", "2"], process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
