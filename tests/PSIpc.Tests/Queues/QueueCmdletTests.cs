using System.Management.Automation;

namespace PSIpc.Tests;

public sealed class QueueCmdletTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    private readonly PowerShellSession _session = new();
    private readonly string _name = "test-" + Guid.NewGuid().ToString("N")[..12];

    public void Dispose()
    {
        _session.Run($"Get-IpcQueue '{_name}*' | Remove-IpcQueue");
        _session.Dispose();
    }

    [Fact]
    public void Messages_pass_by_name_by_object_and_by_method()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}}
            1..3 | Send-IpcMessage {{_name}}
            Send-IpcMessage $q 4 -PassThru
            $q.Send(5); $q.Send('six', 1); $null = $q.TrySend(7)
            Receive-IpcMessage $q -Count 2
            Receive-IpcMessage {{_name}} -Available
            $value = $null
            $q.TryReceive([ref] $value)
            $q.SendBytes([byte[]](1, 2)); , $q.ReceiveBytes()
            """);
        Assert.Equal([4, 1, 2, 3, 4, 5, "six", 7, false], output[..9]);
        Assert.Equal(new byte[] { 1, 2 }, output[9]);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $q -Wait -Timeout 00:00:00.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Remove-IpcQueue $q; Send-IpcMessage $q 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Receive-IpcMessage no-such-queue", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Send-IpcMessage 5 1", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Send-IpcMessage $q 1 -Serializer Raw", "IpcSerialization", ErrorCategory.InvalidData)]
    [InlineData("New-IpcQueue $q.Name", "IpcAlreadyExists", ErrorCategory.ResourceExists)]
    [InlineData("New-IpcQueue 'a/b'", "IpcInvalidName", ErrorCategory.InvalidArgument)]
    public void Errors_have_their_ids_and_categories(string script, string id, ErrorCategory category)
    {
        _session.RunCleanly($"$q = New-IpcQueue {_name} -MaxCount 1");
        ErrorRecord error = _session.RunForError(script);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $q")]
    [InlineData("Receive-IpcMessage $q -Wait")]
    [InlineData("1, 2 | Send-IpcMessage $q")]
    [InlineData("1 | Send-IpcMessage $q; Wait-IpcQueue $q")]
    public void Stopping_the_pipeline_ends_every_wait(string script)
    {
        _session.RunCleanly($"$q = New-IpcQueue {_name} -MaxCount 1");
        using PowerShell pipeline = _session.NewPipeline(script);
        IAsyncResult running = pipeline.BeginInvoke();
        Assert.False(running.AsyncWaitHandle.WaitOne(100));
        IAsyncResult stopping = pipeline.BeginStop(null, null);
        Assert.True(stopping.AsyncWaitHandle.WaitOne(Long), "the wait does not end");
        Assert.Throws<PipelineStoppedException>(() => pipeline.EndInvoke(running));
    }

    [Fact]
    public void A_damaged_queue_can_be_removed()
    {
        string path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "psipc.queue." + _name);
        File.WriteAllText(path, "not a queue");
        Assert.StartsWith("IpcCorruptData,", _session.RunForError($"Get-IpcQueue {_name}").FullyQualifiedErrorId, StringComparison.Ordinal);
        _session.RunCleanly($"Remove-IpcQueue {_name}");
        Assert.False(File.Exists(path));
    }
}
