using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Functions, modules and classes of the caller's session in workers.</summary>
public sealed class PoolSetupTests : PoolTest
{
    [Fact]
    public void Functions_reach_the_sessions_own_workers_and_those_of_a_pool()
    {
        Assert.Equal([2, 4, 6, 8], Session.RunCleanly("""
            function Get-Double { param($x) 2 * $x }
            1..2 | Invoke-ProcessPool { Get-Double $_ } -Function Get-Double
            $pool = New-ProcessPool -WorkerCount 1 -Function Get-Double
            3..4 | Invoke-ProcessPool -Pool $pool { Get-Double $_ }
            """));
    }

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
    public void Modules_are_imported_by_path_and_by_name()
    {
        using var folder = new TemporaryFolder();
        string module = Directory.CreateDirectory(Path.Combine(folder.Path, "PSIpcTestModule")).FullName;
        File.WriteAllText(Path.Combine(module, "PSIpcTestModule.psm1"), "$script:n = 0; function Get-Mine { ++$script:n; \"mine from $PSScriptRoot\" }");
        Assert.Equal([$"mine from {module}", $"mine from {module}", $"mine from {module}"], Session.RunCleanly(
            """
            Invoke-ProcessPool { Get-Mine } -Module "$folder/PSIpcTestModule/PSIpcTestModule.psm1"
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
    public void Classes_and_variables_come_by_the_initialization_script()
    {
        Assert.Equal(["Dot(1)", "Dot(2)", "Dot(3)"], Session.RunCleanly("""
            $init = { class Dot { [int] $X; Dot([int] $x) { $this.X = $x } [string] ToString() { return "Dot($($this.X))" } }; $made = 1 }
            1..2 | Invoke-ProcessPool { "$([Dot]::new($_))" } -InitializationScript $init
            $pool = New-ProcessPool -WorkerCount 1 -InitializationScript $init
            Invoke-ProcessPool -Pool $pool { "$([Dot]::new(2 + $made))" }
            """));
    }

    [Fact]
    public void The_initialization_script_runs_once_in_each_worker()
    {
        Assert.Equal([1, 1, 1, 1, 1, 1], Session.RunCleanly("""
            $pool = New-ProcessPool -WorkerCount 2 -InitializationScript { ++$global:times }
            1..3 | Invoke-ProcessPool -Pool $pool { $times }
            1..3 | Invoke-ProcessPool -Pool $pool { $times }
            """));
    }

    [Theory]
    [InlineData("{ throw 'not today' }", "not today")]
    [InlineData("{ Get-NothingOfTheKind }", "Get-NothingOfTheKind")]
    [InlineData("{ exit 3 }", "code 3")]
    [InlineData("{ [Environment]::Exit(4) }", "code 4")]
    [InlineData("{ /bin/sh -c \"kill -9 $PID\"; [Threading.Thread]::Sleep(60000) }", "SIGKILL")]
    public void An_initialization_script_that_fails_is_the_error_of_every_use(string script, string says)
    {
        Session.RunCleanly($"$pool = New-ProcessPool -WorkerCount 2 -InitializationScript {script}");
        Assert.Contains(says, RunForThrow("1..1e9 | Invoke-ProcessPool -Pool $pool { $_ } -ErrorAction Stop").Exception.Message, StringComparison.Ordinal);
        Assert.Contains(says, RunForThrow("Start-ProcessPoolTask -Pool $pool { 1 } | Receive-ProcessPoolTask").Exception.Message, StringComparison.Ordinal);
        Session.RunCleanly("Remove-ProcessPool $pool");
    }

    [Fact]
    public void A_module_or_function_that_is_not_there_is_an_error()
    {
        AssertError("IpcNotFound", ErrorCategory.ObjectNotFound, RunForThrow("1..3 | Invoke-ProcessPool { $_ } -Function Get-NothingOfTheKind -ErrorAction Stop"));
        Assert.Contains("NoSuchModule", $"{RunForThrow("1..3 | Invoke-ProcessPool { $_ } -Module NoSuchModule -ErrorAction Stop")}", StringComparison.Ordinal);
        Assert.Equal([1], Session.RunCleanly("1 | Invoke-ProcessPool { $_ }"));
    }

    [Fact]
    public void Pools_that_were_made_take_no_setup_of_a_call()
    {
        Assert.StartsWith("IpcInvalidArgument", RunForThrow("$pool = New-ProcessPool -WorkerCount 1; 1 | Invoke-ProcessPool -Pool $pool { $_ } -Module x").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Tab_completes_pools_functions_and_modules()
    {
        Session.RunCleanly("$null = New-ProcessPool complete-me -WorkerCount 1; function Get-CompleteMe { }");
        Assert.Equal(["complete-me"], Session.Complete("Invoke-ProcessPool -Pool compl"));
        Assert.Equal(["complete-me"], Session.Complete("Start-ProcessPoolTask -Pool compl"));
        Assert.Equal(["complete-me"], Session.Complete("Get-ProcessPool compl"));
        Assert.Equal(["complete-me"], Session.Complete("Remove-ProcessPool compl"));
        Assert.Equal(["Get-CompleteMe"], Session.Complete("Invoke-ProcessPool { } -Function Get-Compl"));
        Assert.Equal(["Get-CompleteMe"], Session.Complete("New-ProcessPool -Function Get-Compl"));
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "PSIpcCompleteMe"));
        File.WriteAllText(Path.Combine(folder.Path, "PSIpcCompleteMe", "PSIpcCompleteMe.psm1"), "");
        Session.RunCleanly("$path = $env:PSModulePath; $env:PSModulePath = $folder", ("folder", folder.Path));
        Assert.Equal(["PSIpcCompleteMe"], Session.Complete("Invoke-ProcessPool { } -Module PSIpcCompl"));
        Session.RunCleanly("$env:PSModulePath = $path");
    }

    [Fact]
    public void A_function_of_the_session_that_workers_do_not_know_is_told_once_with_the_remedy()
    {
        object?[] output = Session.RunCleanly("""
            function Get-Mine { 1 }
            1..3 | Invoke-ProcessPool { Get-Mine; Get-Nobodys } -ErrorAction SilentlyContinue -ErrorVariable e -WarningAction SilentlyContinue -WarningVariable w
            $e.Count; $w.Count; $w[0].Message
            $pool = New-ProcessPool hinted -WorkerCount 1
            try { 1 | Invoke-ProcessPool { Get-Mine } -Pool hinted -ErrorAction Stop -WarningAction SilentlyContinue -WarningVariable w } catch { $w.Message }
            Remove-ProcessPool $pool
            """);
        Assert.Equal(
            [
                6, 1, "The workers do not know the function 'Get-Mine' of this session: Invoke-ProcessPool -Function Get-Mine passes it on.",
                "The workers do not know the function 'Get-Mine' of this session: New-ProcessPool -Function Get-Mine passes it on.",
            ],
            output);
    }
}
