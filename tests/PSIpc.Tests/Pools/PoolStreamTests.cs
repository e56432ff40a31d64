using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>All streams come back in the item's order and obey the caller as any cmdlet's do; errors are those of the script.</summary>
public sealed class PoolStreamTests : PoolTest
{
    private const string AllStreams = """
        {
            "out $_"
            $c = $ExecutionContext.SessionState
            & { [CmdletBinding()] param($n)
                $PSCmdlet.WriteWarning("warning $n")
                $PSCmdlet.WriteVerbose("verbose $n")
                $PSCmdlet.WriteDebug("debug $n")
                $PSCmdlet.WriteInformation([System.Management.Automation.InformationRecord]::new("information $n", 'test'))
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(1, "progress $n", 'half'))
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([InvalidOperationException]::new("error $n"), 'MyId', 'DeviceError', $null))
            } $_
            "more $_"
        }
        """;

    [Fact]
    public void Records_have_their_types_and_go_to_the_streams()
    {
        using PowerShell pipeline = Session.NewPipeline($"$DebugPreference = 'Continue'; 1 | Invoke-ProcessPool {AllStreams} -Verbose");
        pipeline.Invoke();
        Assert.Equal("warning 1", Assert.Single(pipeline.Streams.Warning).Message);
        Assert.Contains(pipeline.Streams.Verbose, v => v.Message == "verbose 1");
        Assert.Equal("debug 1", Assert.Single(pipeline.Streams.Debug, d => !d.Message.StartsWith("PSIpc: ", StringComparison.Ordinal)).Message);
        Assert.Equal("information 1", Assert.Single(pipeline.Streams.Information).MessageData);
        Assert.Equal("test", pipeline.Streams.Information[0].Source);
        Assert.Contains(pipeline.Streams.Progress, p => p.Activity == "progress 1");
        ErrorRecord error = Assert.Single(pipeline.Streams.Error);
        Assert.Equal("error 1", error.Exception.Message);
        Assert.StartsWith("MyId", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.DeviceError, error.CategoryInfo.Category);
        Assert.Equal(1, error.TargetObject);
    }

    [Fact]
    public void Streams_that_nobody_wants_do_not_come()
    {
        using PowerShell pipeline = Session.NewPipeline($"1 | Invoke-ProcessPool {AllStreams} -ErrorAction SilentlyContinue -WarningAction SilentlyContinue -InformationAction Ignore");
        pipeline.Invoke();
        Assert.Empty(pipeline.Streams.Warning);
        Assert.Empty(pipeline.Streams.Verbose);
        Assert.Empty(pipeline.Streams.Debug);
        Assert.Empty(pipeline.Streams.Information);
        Assert.Empty(pipeline.Streams.Error);
        Assert.Equal(2, Session.RunCleanly($"$ProgressPreference = 'SilentlyContinue'; 1 | Invoke-ProcessPool {AllStreams} -ErrorAction Ignore 3>$null 6>$null").Length);
    }

    [Fact]
    public void Common_parameters_collect_what_comes()
    {
        object?[] output = Session.RunCleanly($$"""
            $null = 1..2 | Invoke-ProcessPool {{AllStreams}} -ErrorAction SilentlyContinue -WarningAction SilentlyContinue -InformationAction SilentlyContinue `
                -ErrorVariable e -WarningVariable w -InformationVariable i -OutVariable o
            "$e"; "$w"; "$i"; "$o"
            """);
        Assert.Equal(["error 1 error 2", "warning 1 warning 2", "information 1 information 2", "out 1 more 1 out 2 more 2"], output);
    }

    [Fact]
    public void Error_and_warning_preferences_of_the_caller_hold()
    {
        ErrorRecord stopped = RunForThrow("$ErrorActionPreference = 'Stop'; 1..1e9 | Invoke-ProcessPool { if ($_ -eq 3) { throw 'three' }; $_ }");
        Assert.Equal("three", stopped.Exception.Message);
        Session.RunCleanly("$ErrorActionPreference = 'Continue'");
        Assert.Equal("three", RunForThrow("1..1e9 | Invoke-ProcessPool { if ($_ -eq 3) { throw 'three' }; $_ } -ErrorAction Stop").Exception.Message);
        Assert.Contains("warning 1", RunForThrow($"1 | Invoke-ProcessPool {AllStreams} -WarningAction Stop").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_is_the_scripts_own()
    {
        (string Script, string Message, ErrorCategory Category, string Id)[] errors =
        [
            ("throw 'plain'", "plain", ErrorCategory.OperationStopped, "plain"),
            ("throw [System.IO.FileNotFoundException]::new('no file')", "no file", ErrorCategory.OperationStopped, "no file"),
            ("[int]::Parse('x')", "not in a correct format", ErrorCategory.NotSpecified, "FormatException"),
            ("Get-NothingOfTheKind", "Get-NothingOfTheKind", ErrorCategory.ObjectNotFound, "CommandNotFoundException"),
            ("1 / 0", "divide by zero", ErrorCategory.NotSpecified, "RuntimeException"),
            ("Get-Item /nothing/of/the/kind -ErrorAction Stop", "/nothing/of/the/kind", ErrorCategory.ObjectNotFound, "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand"),
            ("Get-IpcQueue no-such-queue", "no-such-queue", ErrorCategory.ObjectNotFound, "IpcNotFound,PSIpc.GetIpcQueueCommand"),
            ("Get-IpcQueue no-such-queue -ErrorAction Stop", "no-such-queue", ErrorCategory.ObjectNotFound, "IpcNotFound,PSIpc.GetIpcQueueCommand"),
        ];
        string cases = string.Join("; ", errors.Select((e, i) => $"{i} {{ {e.Script} }}"));
        Session.Run($"function Test-It {{ switch ($args[0]) {{ {cases} }} }}; 0..{errors.Length - 1} | Invoke-ProcessPool {{\n Test-It $_ }} -Function Test-It -ThrottleLimit 1");
        Assert.Equal(errors.Length, Session.Errors.Count);
        Assert.All(Session.Errors.Zip(errors), e =>
        {
            Assert.Contains(e.Second.Message, e.First.Exception.Message, StringComparison.Ordinal);
            Assert.Equal(e.Second.Category, e.First.CategoryInfo.Category);
            Assert.Equal(e.Second.Id, e.First.FullyQualifiedErrorId);
            Assert.Contains("at Test-It", e.First.ScriptStackTrace, StringComparison.Ordinal);
            Assert.Contains("line 2", e.First.ScriptStackTrace, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_item_is_the_target_of_an_error_that_ends_it()
    {
        ErrorRecord error = Session.RunForError("[pscustomobject]@{ Name = 'the item' } | Invoke-ProcessPool { throw 'bad' }");
        Assert.Equal("the item", ((PSObject)error.TargetObject).Properties["Name"].Value);
        Assert.Equal("own", Session.RunForError("""
            1 | Invoke-ProcessPool { & { [CmdletBinding()] param() $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('x'), 'Id', 'NotSpecified', 'own')) } }
            """).TargetObject);
    }

    [Fact]
    public void An_error_that_ends_an_item_leaves_what_it_wrote_before_and_all_other_items()
    {
        Assert.Equal(["1a", "1b", "2a", "3a", "3b"], Session.Run("""1..3 | Invoke-ProcessPool { "${_}a"; if ($_ -eq 2) { throw 'bad' }; "${_}b" }""").Select(o => o.ToString()));
        Assert.Equal("bad", Assert.Single(Session.Errors).Exception.Message);
    }

    [Fact]
    public void Caught_errors_and_finally_blocks_stay_in_the_item()
    {
        Assert.Equal(["caught bad", "done"], Session.RunCleanly("""Invoke-ProcessPool { try { throw 'bad' } catch { "caught $_" } finally { 'done' } }"""));
    }

    [Fact]
    public void Native_commands_give_output_errors_and_exit_code()
    {
        Assert.Equal(["out", "5"], Session.Run("""Invoke-ProcessPool { /bin/sh -c 'echo out; echo err >&2; exit 5'; $LASTEXITCODE }""").Select(o => o.ToString()));
        Assert.Equal("err", Assert.Single(Session.Errors).Exception.Message);
    }
}
