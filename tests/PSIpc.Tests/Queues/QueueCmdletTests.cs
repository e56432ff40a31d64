using System.Management.Automation;

namespace PSIpc.Tests;

public sealed class QueueCmdletTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly PowerShellSession _session = new();
    private readonly string _name = "test-" + Guid.NewGuid().ToString("N")[..12];

    public void Dispose()
    {
        _session.Run($"Get-IpcQueue '{_name}*' | Remove-IpcQueue");
        _session.Dispose();
    }

    [Fact]
    public void A_queue_has_its_properties_and_a_name_of_its_own_if_none_is_given()
    {
        object?[] values = _session.RunCleanly($"$q = New-IpcQueue {_name} -Capacity 100KB -MaxCount 5 -Serializer Json; $q.Name; $q.Capacity; $q.MaxCount; $q.Serializer; $q.Count; $q.IsClosed");
        Assert.Equal([_name, 128L << 10, 5L, "Json", 0L, false], values);
        object?[] names = _session.RunCleanly("$a = New-IpcQueue; $b = New-IpcQueue; $a.Name; $b.Name; Remove-IpcQueue $a, $b");
        Assert.NotEqual(names[0], names[1]);
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

    [Fact]
    public void An_array_is_one_message_as_an_argument_and_several_from_the_pipeline()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}}
            Send-IpcMessage $q (1, 2, 3)
            $q.Count
            1, 2, 3 | Send-IpcMessage $q
            $q.Count
            (Receive-IpcMessage $q).Count
            Send-IpcMessage $q $null
            $null -eq (Receive-IpcMessage $q -Available)[-1]
            """);
        Assert.Equal([1L, 4L, 3, true], output);
    }

    [Fact]
    public void Metadata_says_who_sent_what_and_when()
    {
        object?[] values = _session.RunCleanly($"$q = New-IpcQueue {_name}; Send-IpcMessage $q @{{a=1}} -Serializer Json; $m = Receive-IpcMessage $q -IncludeMetadata; $m.SenderId; $m.Sequence; $m.Serializer; $m.Size; $m.Body.a; $m.SentAt");
        Assert.Equal([Environment.ProcessId, 1L, "Json", 7, 1], values[..5]);
        Assert.InRange((DateTime)values[5]!, DateTime.Now.AddMinutes(-1), DateTime.Now.AddMinutes(1));
    }

    [Fact]
    public void Sending_without_waiting_and_for_a_time_is_one_or_the_other()
    {
        object?[] output = _session.RunCleanly("""
            $q = New-IpcQueue -MaxCount 2
            try { 1 | Send-IpcMessage $q -NoWait -Timeout 5 } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            1 | Send-IpcMessage $q -NoWait:$false -Timeout 5; 2 | Send-IpcMessage $q -NoWait
            $q.Count; Remove-IpcQueue $q
            """);
        Assert.Equal(["IpcInvalidArgument", 2L], output);
    }

    [Fact]
    public void Peek_and_NoWait_leave_and_find_nothing()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}}
            Receive-IpcMessage $q -NoWait
            Receive-IpcMessage $q -Peek -NoWait
            Receive-IpcMessage $q -Available
            Send-IpcMessage $q 'x'
            Receive-IpcMessage $q -Peek
            $q | Receive-IpcMessage
            $q.Count
            """);
        Assert.Equal(["x", "x", 0L], output);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $q -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Receive-IpcMessage $q -Wait -Timeout 00:00:00.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("1 | Send-IpcMessage $q; Wait-IpcQueue $q -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("1, 2 | Send-IpcMessage $q -NoWait", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("1, 2 | Send-IpcMessage $q -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Close-IpcQueue $q; Send-IpcMessage $q 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Close-IpcQueue $q; Receive-IpcMessage $q", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Remove-IpcQueue $q; Send-IpcMessage $q 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Get-IpcQueue no-such-queue", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Receive-IpcMessage no-such-queue", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Send-IpcMessage 5 1", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Send-IpcMessage $q 1 -Serializer Nonsense", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Send-IpcMessage $q 1 -Serializer Raw", "IpcSerialization", ErrorCategory.InvalidData)]
    [InlineData("New-IpcQueue $q.Name", "IpcAlreadyExists", ErrorCategory.ResourceExists)]
    [InlineData("New-IpcQueue 'a/b'", "IpcInvalidName", ErrorCategory.InvalidArgument)]
    [InlineData("Get-IpcQueue 'a b'", "IpcInvalidName", ErrorCategory.InvalidArgument)]
    public void Errors_have_their_ids_and_categories(string script, string id, ErrorCategory category)
    {
        _session.RunCleanly($"$q = New-IpcQueue {_name} -MaxCount 1");
        ErrorRecord error = _session.RunForError(script);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Fact]
    public void Close_ends_Wait_when_all_is_drained()
    {
        object?[] output = _session.RunCleanly($"$q = New-IpcQueue {_name}; 1..3 | Send-IpcMessage $q; Close-IpcQueue $q; Receive-IpcMessage $q -Wait; $q.IsClosed");
        Assert.Equal([1, 2, 3, true], output);
    }

    [Fact]
    public void WhatIf_does_nothing()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}}
            Send-IpcMessage $q 1
            Clear-IpcQueue $q -WhatIf; Close-IpcQueue $q -WhatIf; Remove-IpcQueue $q -WhatIf; Remove-IpcObject {{_name}} -WhatIf
            $q.Count; $q.IsClosed
            Clear-IpcQueue $q
            $q.Count
            """);
        Assert.Equal([1L, false, 0L], output);
    }

    [Fact]
    public void Wildcards_open_and_remove_several()
    {
        object?[] output = _session.RunCleanly($$"""
            $null = New-IpcQueue {{_name}}-a; $null = New-IpcQueue {{_name}}-b
            (Get-IpcQueue {{_name}}-*).Name
            Get-IpcQueue {{_name}}-none*
            Remove-IpcQueue {{_name}}-*
            @(Get-IpcQueue {{_name}}-*).Count
            """);
        Assert.Equal([_name + "-a", _name + "-b", 0], output);
    }

    [Fact]
    public void A_queue_without_a_variable_stays_and_a_removed_name_is_free()
    {
        object?[] output = _session.RunCleanly($$"""
            $null = New-IpcQueue {{_name}}
            [GC]::Collect(); [GC]::WaitForPendingFinalizers()
            1 | Send-IpcMessage {{_name}}
            Receive-IpcMessage {{_name}}
            Remove-IpcQueue {{_name}}
            (New-IpcQueue {{_name}}).Count
            """);
        Assert.Equal([1, 0L], output);
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
    public void An_early_end_of_the_pipeline_takes_only_what_it_wrote()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}}
            1..5 | Send-IpcMessage $q
            foreach ($dummy in 1) { Receive-IpcMessage $q -Wait | ForEach-Object { $_; if ($_ -eq 2) { break } } }
            $q.Count
            """);
        Assert.Equal([1, 2, 3L], output);
    }

    [Fact]
    public void Names_and_serializers_complete()
    {
        _session.RunCleanly($"$null = New-IpcQueue {_name}");
        Assert.Contains(_name, _session.Complete($"Send-IpcMessage {_name[..8]}"));
        Assert.Contains(_name, _session.Complete("Get-IpcQueue "));
        Assert.Contains(_name, _session.Complete($"Remove-IpcObject {_name[..8]}"));
        Assert.Equal(["CliXml", "CStruct"], _session.Complete("New-IpcQueue -Serializer c"));
        Assert.Contains("MessagePack", _session.Complete("Send-IpcMessage x 1 -Serializer "));
    }

    [Fact]
    public void Objects_are_listed_with_who_has_them_open()
    {
        object?[] output = _session.RunCleanly($$"""
            $q = New-IpcQueue {{_name}} -Persistent
            $o = Get-IpcObject {{_name}} -Kind Queue
            $o.AttachedProcesses -contains $PID; $o.CreatorProcessId -eq $PID; $o.IsPersistent
            @(Get-IpcObject {{_name}} -Orphaned -ErrorAction SilentlyContinue).Count
            $q.Dispose()
            @(Get-IpcObject {{_name}} -Orphaned).Count
            Get-IpcObject {{_name}} | Remove-IpcObject
            @(Get-IpcObject {{_name}}*).Count
            """);
        Assert.Equal([true, true, true, 0, 1, 0], output);
        Assert.StartsWith("IpcNotFound,", _session.RunForError("Get-IpcObject no-such-object").FullyQualifiedErrorId, StringComparison.Ordinal);
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
