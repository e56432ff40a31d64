using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Queues whose messages are confirmed, at the prompt.</summary>
public sealed class ConfirmationCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly string _name = "test-" + Guid.NewGuid().ToString("N")[..12];

    public void Dispose()
    {
        _session.Run($"Get-IpcQueue '{_name}*' | Remove-IpcQueue");
        _session.Dispose();
    }

    [Fact]
    public void A_message_is_done_when_it_is_confirmed()
    {
        object?[] output = _session.RunCleanly($$"""
            $queue = New-IpcQueue {{_name}} -RequireConfirmation
            'a', 'b', 'c' | Send-IpcMessage $queue
            $first = Receive-IpcMessage $queue
            $first.Body; $first.Redelivered; $first.DeliveryCount
            $second = $queue.Receive()
            $queue.Count; $queue.Unconfirmed
            ($first | Confirm-IpcMessage -PassThru).Body
            $second.Confirm(); $second.Confirm()
            $queue.Unconfirmed; $queue.RequiresConfirmation
            """);
        Assert.Equal(["a", false, 1, 1L, 2L, "a", true, false, 0L, true], output);
    }

    [Fact]
    public void What_a_killed_worker_had_comes_again()
    {
        object?[] output = _session.RunCleanly($$"""
            $queue = New-IpcQueue {{_name}} -RequireConfirmation
            1..3 | Send-IpcMessage $queue
            $worker = Start-IpcProcess { Receive-IpcMessage $using:queue -Wait | ForEach-Object { if ($_.Body -eq 2) { 'at 2'; [Threading.Thread]::Sleep(60000) }; $_ | Confirm-IpcMessage } }
            $worker | Receive-IpcProcess -Wait | ForEach-Object { $_; $worker | Stop-IpcProcess -Force }
            Receive-IpcMessage $queue -Count 2 | ForEach-Object { "$($_.Body) $($_.Redelivered)"; Confirm-IpcMessage $_ }
            Wait-IpcQueue $queue -Timeout 10
            """);
        Assert.Equal(["at 2", "2 True", "3 False"], output);
    }

    [Fact]
    public void A_wait_for_the_queue_is_a_wait_for_the_confirmations()
    {
        ErrorRecord error = _session.RunForError($"$queue = New-IpcQueue {_name} -RequireConfirmation; 1 | Send-IpcMessage $queue; $m = Receive-IpcMessage $queue; Wait-IpcQueue $queue -Timeout 0.05");
        Assert.StartsWith("IpcTimeout,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("1 were received and not confirmed", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.RunCleanly("$m | Confirm-IpcMessage; Wait-IpcQueue $queue -Timeout 0.05"));
    }

    [Fact]
    public void Only_a_message_of_such_a_queue_can_be_confirmed()
    {
        ErrorRecord error = _session.RunForError($"$queue = New-IpcQueue {_name}; 1 | Send-IpcMessage $queue; Receive-IpcMessage $queue -IncludeMetadata | Confirm-IpcMessage");
        Assert.StartsWith("IpcNotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
