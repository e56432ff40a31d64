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
}
