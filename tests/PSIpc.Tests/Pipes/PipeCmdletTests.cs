using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Pipes at the prompt: between a script and its children, by object, by name and by $using:.</summary>
public sealed class PipeCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly string _name = "test-" + Guid.NewGuid().ToString("N")[..12];

    public void Dispose()
    {
        _session.Run($"Get-IpcPipe '{_name}*' | Remove-IpcPipe");
        _session.Dispose();
    }

    [Fact]
    public void A_child_writes_and_its_end_is_the_end_of_the_pipe()
    {
        object?[] output = _session.RunCleanly($$"""
            $pipe = New-IpcPipe {{_name}}
            $writer = $pipe.Writer
            $child = Start-IpcProcess { 1..3 | Send-IpcMessage $using:writer; [hashtable] @{ a = 4 } | Send-IpcMessage $using:writer }
            Receive-IpcMessage $pipe.Reader -Wait | ForEach-Object { if ($_ -is [hashtable]) { $_.a } else { $_ } }
            $pipe.IsClosed
            """);
        Assert.Equal([1, 2, 3, 4, true], output);
    }

    [Fact]
    public void Both_ends_of_a_duplex_pipe_talk()
    {
        object?[] output = _session.RunCleanly($$"""
            $pipe = New-IpcPipe {{_name}} -Duplex
            $child = Start-IpcProcess { param($end) Receive-IpcMessage $end -Wait | ForEach-Object { Send-IpcMessage $end ($_ * 2) } } -ArgumentList $pipe.Second
            1..3 | ForEach-Object { Send-IpcMessage $pipe.First $_; Receive-IpcMessage $pipe.First }
            Close-IpcPipe $pipe
            ($child | Wait-IpcProcess -Timeout 60).State
            $pipe.First.End; $pipe.Second.End; $null -eq $pipe.Reader
            """);
        Assert.Equal([2, 4, 6, "Completed", "First", "Second", true], output);
    }

    [Fact]
    public void A_pipe_is_found_by_its_name_and_an_empty_message_synchronizes()
    {
        object?[] output = _session.RunCleanly($$"""
            $pipe = New-IpcPipe {{_name}}
            $child = Start-IpcProcess { param($name) Send-IpcMessage $name $null } -ArgumentList '{{_name}}'
            $null -eq (Receive-IpcMessage {{_name}} -Timeout 60)
            (Get-IpcPipe {{_name}}).Name -eq '{{_name}}'
            (Get-IpcPipe 'test-*' | Where-Object { $_.Name -eq '{{_name}}' }).Name -eq '{{_name}}'
            """);
        Assert.Equal([true, true, true], output);
    }

    [Fact]
    public void An_end_travels_through_a_queue_and_back()
    {
        object?[] output = _session.RunCleanly($$"""
            $queue = New-IpcQueue; $pipe = New-IpcPipe {{_name}}
            $child = Start-IpcProcess { $end = Receive-IpcMessage $using:queue; Send-IpcMessage $end "from $PID, owner $($end.OwnerId)" }
            Send-IpcMessage $queue $pipe.Writer
            $text = Receive-IpcMessage $pipe.Reader
            $text -eq "from $($child.Id), owner $($child.Id)"
            Remove-IpcQueue $queue
            """);
        Assert.Equal([true], output);
    }

    [Fact]
    public void A_child_that_ends_before_it_takes_its_end_leaves_nobody_waiting()
    {
        ErrorRecord error = _session.RunForError($$"""
            $pipe = New-IpcPipe {{_name}}
            $child = Start-IpcProcess { param($end) } -ArgumentList $pipe.Writer -Environment @{ DOTNET_STARTUP_HOOKS = '/no/such/hook.dll' }
            Receive-IpcMessage $pipe.Reader -Timeout 60
            """);
        Assert.StartsWith("IpcClosed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Send-IpcMessage $pipe.Reader 1", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Receive-IpcMessage $pipe.Writer", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Send-IpcMessage $duplex 1", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("$pipe.Writer.Close(); Receive-IpcMessage $pipe.Reader", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("$pipe.Reader.Close(); Send-IpcMessage $pipe 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Get-IpcPipe no-such-pipe", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-IpcPipe 'a/b'", "IpcInvalidName", ErrorCategory.InvalidArgument)]
    [InlineData("New-IpcPipe $pipe.Name", "IpcAlreadyExists", ErrorCategory.ResourceExists)]
    [InlineData("Receive-IpcMessage $pipe -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    public void What_an_end_cannot_do_is_a_clear_error(string script, string id, ErrorCategory category)
    {
        ErrorRecord error = _session.RunForError($"$pipe = New-IpcPipe {_name}; $duplex = New-IpcPipe -Duplex; {script}; $duplex | Remove-IpcPipe");
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Fact]
    public void An_end_that_a_child_uses_is_not_the_parents_any_more()
    {
        ErrorRecord error = _session.RunForError($$"""
            $pipe = New-IpcPipe {{_name}}
            $child = Start-IpcProcess { param($end) Send-IpcMessage $end 1; [Threading.Thread]::Sleep(60000) } -ArgumentList $pipe.Writer
            $null = Receive-IpcMessage $pipe.Reader
            try { Send-IpcMessage $pipe.Writer 2 } finally { $child | Stop-IpcProcess -Force }
            """);
        Assert.StartsWith("IpcNotOwner,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_and_removing_can_be_tried_and_names_complete()
    {
        object?[] output = _session.RunCleanly($"$pipe = New-IpcPipe {_name}; Close-IpcPipe $pipe -WhatIf; Remove-IpcPipe {_name} -WhatIf; $pipe.IsClosed; $pipe.IsRemoved");
        Assert.Equal([false, false], output);
        Assert.Contains(_name, _session.Complete("Remove-IpcPipe test-"));
        Assert.Contains(_name, _session.Complete("Send-IpcMessage -Channel test-"));
        Assert.Contains(_name, _session.Complete("Receive-IpcMessage test-"));
    }

    [Fact]
    public void A_single_end_can_be_closed_and_the_other_one_reads_to_the_end()
    {
        object?[] output = _session.RunCleanly("""
            $pipe = New-IpcPipe; 1..2 | Send-IpcMessage $pipe.Writer
            Close-IpcPipe $pipe.Writer
            Receive-IpcMessage $pipe.Reader -Wait
            Remove-IpcPipe $pipe
            """);
        Assert.Equal([1, 2], output);
    }

    [Fact]
    public void An_end_that_was_used_here_is_not_passed_on()
    {
        ErrorRecord error = _session.RunForError("""
            $pipe = New-IpcPipe -Duplex; Send-IpcMessage $pipe.First 1; $null = Receive-IpcMessage $pipe.Second
            $two = $pipe.Second
            Start-IpcProcess { Receive-IpcMessage $using:two }
            """);
        Assert.StartsWith("IpcNotOwner,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("was used by this process", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_child_that_cannot_have_what_it_was_given_says_why()
    {
        object?[] output = _session.RunCleanly("""
            $queue = New-IpcQueue
            $name = $queue.Name
            $given = [pscustomobject]@{ Reference = $queue }
            Remove-IpcQueue $queue
            $process = Start-IpcProcess { Send-IpcMessage ($using:given).Reference 1 -ErrorAction Stop }
            $null = Wait-IpcProcess $process
            $errors = @(Receive-IpcProcess $process 2>&1)
            $errors.Count; $errors[0].FullyQualifiedErrorId.Split(',')[0]; "$($errors[0])" -match $name; "$($process.State)"
            Remove-IpcProcess $process
            """);
        Assert.Equal([1, "IpcNotFound", true, "Failed"], output);
    }

    [Fact]
    public void A_dead_copy_says_what_to_do()
    {
        ErrorRecord error = _session.RunForError("""
            $queue = New-IpcQueue
            $dead = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($queue))
            try { Send-IpcMessage $dead 1 } finally { Remove-IpcQueue $queue }
            """);
        Assert.StartsWith("IpcInvalidArgument,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("dead copy", error.Exception.Message, StringComparison.Ordinal);
    }
}
