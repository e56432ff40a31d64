using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>A script block means in a worker what it means at the prompt.</summary>
public sealed class PoolScriptBlockTests : PoolTest
{
    [Fact]
    public void An_item_is_the_current_object_and_the_input()
    {
        Assert.Equal(["1 1 1", "2 2 2"], Session.RunCleanly("""1..2 | Invoke-ProcessPool { "$_ $PSItem $($input | ForEach-Object { $_ })" }"""));
    }

    [Fact]
    public void Arguments_are_bound_by_position_and_the_rest_are_args()
    {
        Assert.Equal(["1 a b", "2 a b"], Session.RunCleanly("""1..2 | Invoke-ProcessPool { param($x, $y) "$_ $x $y" } -ArgumentList a, b"""));
        Assert.Equal(["a/b c"], Session.RunCleanly("""Invoke-ProcessPool { param($x) "$x/$args" } -ArgumentList a, b, c"""));
        Assert.Equal([2, "x"], Session.RunCleanly("""Invoke-ProcessPool { param($list, $text) $list.Count; $text } -ArgumentList (1, 2), 'x'"""));
        Assert.Equal([true], Session.RunCleanly("""Invoke-ProcessPool { param($x) $null -eq $x } -ArgumentList $null"""));
    }

    [Fact]
    public void Advanced_blocks_bind_arguments_and_the_item()
    {
        Assert.Equal(["1 5 b", "2 5 b"], Session.RunCleanly("""1..2 | Invoke-ProcessPool { [CmdletBinding()] param([int]$x, $y) "$_ $x $y" } -ArgumentList '5', b"""));
        Assert.Equal([10, 20], Session.RunCleanly("""1..2 | Invoke-ProcessPool { [CmdletBinding()] param([Parameter(ValueFromPipeline)] [int] $n) $n * 10 }"""));
        Assert.Equal([10, 20], Session.RunCleanly("""1..2 | Invoke-ProcessPool { param([Parameter(ValueFromPipeline)] [int] $n) process { $n * 10 } }"""));
        Assert.Equal([1, 2], Session.RunCleanly("""[pscustomobject]@{ N = 1 }, [pscustomobject]@{ N = 2 } | Invoke-ProcessPool { param([Parameter(ValueFromPipelineByPropertyName)] $N) process { $N } }"""));
        Assert.Contains("'x'", Session.RunForError("""1 | Invoke-ProcessPool { [CmdletBinding()] param([ValidateSet(5, 9)] $x) $x } -ArgumentList 1""").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_dies_before_or_in_its_end_is_an_error()
    {
        ErrorRecord inEnd = Session.RunForError("Invoke-ProcessPool { process { 1 } end { /bin/sh -c \"kill -9 $PID\"; [Threading.Thread]::Sleep(60000) } }");
        AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, inEnd);
        Session.Run("""
            1..3 | Invoke-ProcessPool -ThrottleLimit 1 -ChunkSize 1 { process { if ($_ -eq 2) { /bin/sh -c "kill -9 $PID"; [Threading.Thread]::Sleep(60000) }; $_ } end { 'end' } }
            """);
        Assert.Equal(2, Session.Errors.Count);
        Assert.All(Session.Errors, e => AssertError("IpcWorkerDied", ErrorCategory.OperationStopped, e));
        Assert.Contains(Session.Errors, e => e.TargetObject is 2);
        Assert.Contains(Session.Errors, e => e.Exception.Message.Contains("at the end", StringComparison.Ordinal));
    }

    [Fact]
    public void Return_break_and_continue_end_the_item()
    {
        Assert.Equal([1, "two", 3], Session.RunCleanly("1..3 | Invoke-ProcessPool { if ($_ -eq 2) { return 'two' }; $_ }"));
        Assert.Equal([1, 3], Session.RunCleanly("1..3 | Invoke-ProcessPool { if ($_ -eq 2) { break }; $_ }"));
        Assert.Equal([1, 3], Session.RunCleanly("1..3 | Invoke-ProcessPool { if ($_ -eq 2) { continue }; $_ }"));
        Assert.Equal([1, 3], Session.RunCleanly("1..3 | Invoke-ProcessPool { if ($_ -eq 2) { break there }; $_ }"));
    }

    [Fact]
    public void Items_run_in_the_callers_folder()
    {
        using var folder = new TemporaryFolder();
        string odd = Directory.CreateDirectory(Path.Combine(folder.Path, "a [b] c")).FullName;
        Assert.Equal([odd, odd, "/"], Session.RunCleanly(
            """
            $null = $ExecutionContext.SessionState.Path.SetLocation([WildcardPattern]::Escape($odd))
            1..2 | Invoke-ProcessPool { "$($ExecutionContext.SessionState.Path.CurrentLocation)" }
            $null = $ExecutionContext.SessionState.Path.SetLocation('/')
            Invoke-ProcessPool { /bin/pwd }
            """,
            ("odd", odd)));
    }

    [Fact]
    public void Plain_using_values_elements_properties_and_drives_are_the_callers()
    {
        object?[] output = Session.RunCleanly("""
            $x = 5; $Table = @{ list = 1, 2; 'odd key' = 'o' }; $env:PSIPC_TEST_DRIVE = 'from a drive'; ${odd name} = 'n'
            1 | Invoke-ProcessPool {
                $using:x; $using:X; $using:table['list'][1]; $using:table.'odd key'; $using:table.Count; $using:env:PSIPC_TEST_DRIVE; ${using:odd name}
                1..2 | ForEach-Object { $using:x + $_ }
                & { "$using:x" }
            }
            $env:PSIPC_TEST_DRIVE = $null
            """);
        Assert.Equal([5, 5, 2, "o", 2, "from a drive", "n", 6, 7, "5"], output);
    }

    [Fact]
    public void Using_values_are_sent_once_a_call()
    {
        // A property of the value counts how often it is read.
        object?[] output = Session.RunCleanly("""
            $global:reads = 0
            $value = [pscustomobject]@{ a = 1 }
            $value.PSObject.Properties.Add([System.Management.Automation.PSScriptProperty]::new('n', { ++$global:reads }))
            $null = 1..500 | Invoke-ProcessPool { $using:value }
            $reads
            """);
        Assert.InRange((int)output[0]!, 1, 2);
    }
}
