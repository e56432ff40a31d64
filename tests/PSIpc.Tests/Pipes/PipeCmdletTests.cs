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
    public void A_child_that_ends_before_it_takes_its_end_leaves_nobody_waiting()
    {
        ErrorRecord error = _session.RunForError($$"""
            $pipe = New-IpcPipe {{_name}}
            $child = Start-IpcProcess { param($end) } -ArgumentList $pipe.Writer -Environment @{ DOTNET_STARTUP_HOOKS = '/no/such/hook.dll' }
            Receive-IpcMessage $pipe.Reader -Timeout 60
            """);
        Assert.StartsWith("IpcClosed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
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
