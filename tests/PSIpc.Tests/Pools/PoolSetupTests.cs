namespace PSIpc.Tests;

/// <summary>Functions, modules and classes of the caller's session in workers.</summary>
public sealed class PoolSetupTests : PoolTest
{
    [Fact]
    public void Filters_and_functions_with_blocks_keep_their_kind()
    {
        Assert.Equal([2, 3, 4, 3, 6, "odd"], Session.RunCleanly("""
            filter Add-One { $_ + 1 }
            ${function:an odd name} = { 'odd' } # with a comment
            function Get-Sum { begin { $s = 0 } process { $s += $_ } end { $s } }
            Invoke-ProcessPool { 1..3 | Add-One; 1..2 | Get-Sum; 1..3 | Get-Sum; & 'an odd name' } -Function Add-One, Get-Sum, 'an odd name'
            """));
    }

    [Fact]
    public void Modules_are_imported_by_name_and_from_where_the_session_has_them()
    {
        using var folder = new TemporaryFolder();
        string module = Directory.CreateDirectory(Path.Combine(folder.Path, "PSIpcTestModule")).FullName;
        File.WriteAllText(Path.Combine(module, "PSIpcTestModule.psm1"), "$script:n = 0; function Get-Mine { ++$script:n; \"mine from $PSScriptRoot\" }");
        Assert.Equal([$"mine from {module}", $"mine from {module}"], Session.RunCleanly(
            """
            $path = $env:PSModulePath
            $env:PSModulePath = "$folder$([IO.Path]::PathSeparator)$path"
            Invoke-ProcessPool { Get-Mine } -Module PSIpcTestModule
            $env:PSModulePath = $path
            Import-Module "$folder/PSIpcTestModule/PSIpcTestModule.psm1"
            Invoke-ProcessPool { Get-Mine } -Module PSIpcTestModule # from where this session has it
            Remove-Module PSIpcTestModule
            """,
            ("folder", folder.Path)));
    }

    [Fact]
    public void The_initialization_script_runs_once_in_each_worker()
    {
        Assert.Equal([1, 1, 1, 1, 1, 1], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 1 -InitializationScript { ++$global:times }
            1..3 | Invoke-ProcessPool -Pool $pool { $times }
            1..3 | Invoke-ProcessPool -Pool $pool { $times }
            """));
    }

    [Fact]
    public void An_end_in_the_initialization_script_is_the_error_of_every_use()
    {
        const string Says = "code 4";
        Session.RunCleanly("$pool = New-ProcessPool -WorkerCount 1 -InitializationScript { [Environment]::Exit(4) }");
        Assert.Contains(Says, RunForThrow("1..1e9 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction Stop").Exception.Message, StringComparison.Ordinal);
        Assert.Contains(Says, RunForThrow("Start-ProcessPoolTask -Pool $pool { 1 } | Receive-ProcessPoolTask").Exception.Message, StringComparison.Ordinal);
        Session.RunCleanly("Remove-ProcessPool $pool");
    }

    [Fact]
    public void Tab_completes_pools_functions_and_modules()
    {
        UseSharedPool(workers: 1);
        Session.RunCleanly("function Get-CompleteMe { }");
        foreach (string command in (string[])["Invoke-ProcessPool -Pool", "Start-ProcessPoolTask -Pool", "Get-ProcessPool", "Remove-ProcessPool"])
        {
            Assert.Equal([SharedPool(1)], Session.Complete($"{command} {SharedPool(1)}"));
        }

        Assert.Equal(["Get-CompleteMe"], Session.Complete("Invoke-ProcessPool { } -Function Get-Compl"));
        Assert.Equal(["Get-CompleteMe"], Session.Complete("New-ProcessPool -Function Get-Compl"));
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "PSIpcCompleteMe"));
        File.WriteAllText(Path.Combine(folder.Path, "PSIpcCompleteMe", "PSIpcCompleteMe.psm1"), "");
        Session.RunCleanly("$path = $env:PSModulePath; $env:PSModulePath = $folder", ("folder", folder.Path));
        Assert.Equal(["PSIpcCompleteMe"], Session.Complete("Invoke-ProcessPool { } -Module PSIpcCompl"));
        Session.RunCleanly("$env:PSModulePath = $path");
    }
}
