using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Topics and subscriptions at the prompt.</summary>
public sealed class TopicCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();
    private readonly string _name = "test-" + Guid.NewGuid().ToString("N")[..12];

    public void Dispose()
    {
        _session.Run($"Get-IpcTopic '{_name}*' | Remove-IpcTopic");
        _session.Dispose();
    }

    [Fact]
    public void Every_subscription_gets_every_message_in_this_process_and_in_others()
    {
        object?[] output = _session.RunCleanly($$"""
            $topic = New-IpcTopic {{_name}} -Serializer Json
            $here = New-IpcSubscription {{_name}}
            $there = New-IpcSubscription $topic
            $child = Start-IpcProcess { Receive-IpcMessage $using:there -Wait | ForEach-Object { "there $_" } }
            'a', 'b' | Send-IpcMessage {{_name}}
            Close-IpcTopic {{_name}}
            Receive-IpcMessage $here -Wait
            $child | Receive-IpcProcess -Wait
            $topic.Published; $topic.IsClosed; $topic.Serializer
            """);
        Assert.Equal(["a", "b", "there a", "there b", 2L, true, "Json"], output);
    }

    [Fact]
    public void A_late_subscription_begins_with_the_oldest_or_with_the_next_message()
    {
        object?[] output = _session.RunCleanly($$"""
            $topic = New-IpcTopic {{_name}}
            1..3 | Send-IpcMessage $topic
            $late = New-IpcSubscription $topic
            $old = New-IpcSubscription $topic -FromOldest
            4 | Send-IpcMessage $topic
            Receive-IpcMessage $late -Available
            Receive-IpcMessage $old -Available
            $topic.Subscriptions
            $late, $old | Remove-IpcSubscription
            $topic.Subscriptions
            """);
        Assert.Equal([4, 1, 2, 3, 4, 2, 0], output);
    }

    [Fact]
    public void The_oldest_go_and_are_counted_or_senders_wait()
    {
        object?[] output = _session.RunCleanly($$"""
            $topic = New-IpcTopic {{_name}} -Capacity 4KB -OnOverflow DropOldest
            $subscription = New-IpcSubscription $topic
            1..1000 | Send-IpcMessage $topic
            $got = @(Receive-IpcMessage $subscription -Available)
            $got[-1]; $subscription.Lost + $got.Count; $subscription.Lost -gt 500
            """);
        Assert.Equal([1000, 1000L, true], output);
        ErrorRecord error = _session.RunForError("""
            $block = New-IpcTopic -Capacity 4KB; $s = New-IpcSubscription $block
            try { while ($block.TrySend(1)) { } ; 1 | Send-IpcMessage $block -Timeout 0.05 } finally { Remove-IpcTopic $block }
            """);
        Assert.StartsWith("IpcTimeout,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $topic", "IpcNotSupported")]
    [InlineData("Send-IpcMessage (New-IpcSubscription $topic) 1", "IpcNotSupported")]
    [InlineData("Wait-IpcObject $topic", "IpcNotSupported")]
    [InlineData("Close-IpcTopic $topic; New-IpcSubscription $topic", "IpcClosed")]
    [InlineData("Close-IpcTopic $topic; Send-IpcMessage $topic 1", "IpcClosed")]
    [InlineData("$s = New-IpcSubscription $topic; Remove-IpcSubscription $s; Receive-IpcMessage $s", "IpcClosed")]
    [InlineData("New-IpcSubscription no-such-topic", "IpcNotFound")]
    [InlineData("Get-IpcTopic no-such-topic", "IpcNotFound")]
    [InlineData("$q = New-IpcQueue $topic.Name; try { Send-IpcMessage $topic.Name 1 } finally { Remove-IpcQueue $q }", "IpcInvalidArgument")]
    public void What_a_topic_cannot_do_is_a_clear_error(string script, string id)
    {
        ErrorRecord error = _session.RunForError($"$topic = New-IpcTopic {_name}; {script}");
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_and_removing_can_be_tried_and_names_complete()
    {
        object?[] output = _session.RunCleanly($"$topic = New-IpcTopic {_name}; Close-IpcTopic $topic -WhatIf; Remove-IpcTopic {_name} -WhatIf; $topic.IsClosed; $topic.IsRemoved");
        Assert.Equal([false, false], output);
        Assert.Contains(_name, _session.Complete("New-IpcSubscription test-"));
        Assert.Contains(_name, _session.Complete("Close-IpcTopic -Topic test-"));
        Assert.Contains("DropOldest", _session.Complete("New-IpcTopic -OnOverflow "));
    }
}
