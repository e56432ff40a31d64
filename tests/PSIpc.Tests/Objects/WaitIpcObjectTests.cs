using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Wait-IpcObject on mixed objects.</summary>
public sealed class WaitIpcObjectTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Whichever_is_ready_first_is_written()
    {
        object?[] output = _session.RunCleanly("""
            $queue = New-IpcQueue; $pipe = New-IpcPipe; $topic = New-IpcTopic; $subscription = New-IpcSubscription $topic; $go = New-IpcQueue
            $child = Start-IpcProcess {
                $null = Receive-IpcMessage $using:go; Send-IpcMessage $using:queue 1
                $null = Receive-IpcMessage $using:go; Send-IpcMessage $using:topic 2
                $null = Receive-IpcMessage $using:go }
            $all = $queue, $pipe.Reader, $subscription, $child
            Send-IpcMessage $go 1; (Wait-IpcObject $all) -eq $queue; $queue.Receive()
            Send-IpcMessage $go 1; ($all | Wait-IpcObject) -eq $subscription; $subscription.Receive()
            Send-IpcMessage $go 1; (Wait-IpcObject $all) -eq $child; $child.State
            $pipe.Writer.Close(); (Wait-IpcObject $queue, $pipe.Reader) -eq $pipe.Reader
            $queue, $go | Remove-IpcQueue; $pipe | Remove-IpcPipe; $topic | Remove-IpcTopic
            """);
        Assert.Equal([true, 1, true, 2, true, "Completed", true], output);
    }

    [Fact]
    public void All_are_waited_for_together()
    {
        object?[] output = _session.RunCleanly("""
            $a = New-IpcQueue; $b = New-IpcQueue
            1 | Send-IpcMessage $a
            $child = Start-IpcProcess { 2 | Send-IpcMessage $using:b }
            (Wait-IpcObject $a, $b, $child -All -Timeout 60).Count
            $a, $b | Remove-IpcQueue
            """);
        Assert.Equal([3], output);
    }

    [Theory]
    [InlineData("Wait-IpcObject $a, $b -Timeout 0.05", "IpcTimeout")]
    [InlineData("1 | Send-IpcMessage $a; Wait-IpcObject $a, $b -All -Timeout 0.05", "IpcTimeout")]
    [InlineData("Wait-IpcObject 5", "IpcInvalidArgument")]
    [InlineData("Wait-IpcObject no-such-thing", "IpcNotFound")]
    public void What_does_not_become_ready_is_an_error(string script, string id)
    {
        ErrorRecord error = _session.RunForError($"$a = New-IpcQueue; $b = New-IpcQueue; {script}; $a, $b | Remove-IpcQueue");
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_queue_is_ready()
    {
        object?[] output = _session.RunCleanly("$a = New-IpcQueue; Close-IpcQueue $a; (Wait-IpcObject $a -Timeout 10) -eq $a; Remove-IpcQueue $a");
        Assert.Equal([true], output);
    }

    [Fact]
    public void More_objects_than_the_kernel_takes_at_once_are_waited_for()
    {
        object?[] output = _session.RunCleanly("""
            $queues = 1..300 | ForEach-Object { New-IpcQueue -Capacity 4KB }
            $child = Start-IpcProcess { param($queue) 1 | Send-IpcMessage $queue } -ArgumentList $queues[250]
            (Wait-IpcObject $queues -Timeout 60) -eq $queues[250]
            $queues | Remove-IpcQueue
            """);
        Assert.Equal([true], output);
    }

    [Fact]
    public void A_stop_ends_it()
    {
        _session.RunCleanly("$a = New-IpcQueue; $b = New-IpcQueue");
        using PowerShell pipeline = _session.NewPipeline("Wait-IpcObject $a, $b");
        IAsyncResult waiting = pipeline.BeginInvoke();
        Assert.False(waiting.AsyncWaitHandle.WaitOne(300));
        pipeline.Stop();
        Assert.True(waiting.IsCompleted);
        _session.RunCleanly("$a, $b | Remove-IpcQueue");
    }

    [Fact]
    public void A_measurement_prints_this_machines_figures()
    {
        PSObject speed = Assert.Single(_session.Run("Measure-IpcChannel Pipe -Size 100 -Duration 0.05"));
        Assert.Empty(_session.Errors);
        Assert.Equal(("Pipe", 100), (speed.Properties["Kind"].Value, speed.Properties["Size"].Value));
        foreach (string figure in (string[])["MessagesPerSecond", "MessagesPerSecondInBatches", "BytesPerSecond", "CopiedBytesPerSecond", "RoundTripMicroseconds", "WokenRoundTripMicroseconds"])
        {
            Assert.True((double)speed.Properties[figure].Value > 0, figure);
        }
    }
}
