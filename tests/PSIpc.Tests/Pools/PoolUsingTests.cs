using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Every IPC object reaches workers as a live one, by <c>$using:</c>, as an argument, and as an item.</summary>
public sealed class PoolUsingTests : PoolTest
{
    // What makes the object; what an item does with it; what is seen of it afterwards. $o is the object on both sides.
    public static TheoryData<string, string, string, object?> Objects => new()
    {
        { "New-IpcQueue", "Send-IpcMessage $o 'sent'", "Receive-IpcMessage $o -Timeout 60", "sent" },
        { "New-IpcTopic; $s = New-IpcSubscription $o", "Send-IpcMessage $o 'told'", "Receive-IpcMessage $s -Timeout 60", "told" },
        { "New-IpcEvent", "Set-IpcEvent $o", "$null = Wait-IpcEvent $o -Timeout 60; $o.IsSet", true },
        { "New-IpcLock", "Use-IpcLock $o { $o.IsHeldHere }", "$o.IsHeld; $results[0]", true },
        { "New-IpcSemaphore -Count 2", "$null = Enter-IpcSemaphore $o; $o.Count; Exit-IpcSemaphore $o", "[int]($o.Count - $results[0])", 1 },
        { "New-IpcBarrier -ParticipantCount 1", "Wait-IpcBarrier $o -Timeout 60; 'passed'", "$results[-1]", "passed" },
        { "New-IpcCondition; $v = New-SharedValue", "Wait-IpcCondition $o { $true }; Set-IpcCondition $o -All; 'seen'", "$results[-1]", "seen" },
        { "New-SharedArray -Length 3 -Type Int32", "$o[1] = 42", "$o[1]", 42 },
        { "New-SharedValue -Value 1", "$o.Value = 42", "$o.Value", 42 },
        { "New-SharedMemory -Size 64", "$o.WriteBytes(8, [byte[]](1, 2, 3))", "$o.ReadBytes(8, 3)[2]", (byte)3 },
        { "New-SharedDictionary", "$o['key'] = 'value'", "$o['key']", "value" },
        { "(New-SharedArray -Length 1).Lock", "Use-IpcLock $o { $o.IsHeldHere }", "$results[0]", true },
    };

    [Fact]
    public void A_pool_does_not_go_to_a_worker_and_says_so()
    {
        UseSharedPool(workers: 1);
        ErrorRecord error = Session.RunForError("Invoke-ProcessPool { 1 | Invoke-ProcessPool { $_ } -Pool $using:pool } -Pool $pool");
        AssertError("IpcNotOwner", ErrorCategory.InvalidOperation, error);
        Assert.Contains("Without -Pool", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void An_object_is_live_in_a_worker(string make, string use, string look, object? expected)
    {
        string script = $$"""
            $o = {{make.Replace(";", "; $null = ", StringComparison.Ordinal).Replace("$null =  $", "$", StringComparison.Ordinal)}}
            $results = @(Invoke-ProcessPool { $o = $using:o; {{use}} })
            @({{look}})[-1]
            $results = @(Invoke-ProcessPool { param($o) {{use}} } -ArgumentList $o)
            @({{look}})[-1]
            $results = @(Invoke-ProcessPool { $o = $_; {{use}} } -InputObject $o)
            @({{look}})[-1]
            """;
        Assert.Equal([expected, expected, expected], Session.RunCleanly(script));
    }

    [Fact]
    public void The_end_of_a_pipe_and_a_subscription_go_to_a_pool_of_one_worker()
    {
        UseSharedPool(workers: 1);
        Assert.Equal(["first", "second", "end of file", "news", "more"], Session.RunCleanly("""
            $pipe = New-IpcPipe
            $end = $pipe.Writer
            'first', 'second' | Invoke-ProcessPool -Pool $pool { Send-IpcMessage $using:end $_ }
            Receive-IpcMessage $pipe.Reader -Timeout 60; Receive-IpcMessage $pipe.Reader -Timeout 60
            Receive-IpcMessage $pipe.Reader -Timeout 60 -ErrorVariable closed -ErrorAction SilentlyContinue
            if ("$($closed.FullyQualifiedErrorId)" -like 'IpcClosed*') { 'end of file' }
            $topic = New-IpcTopic
            $subscription = New-IpcSubscription $topic
            Send-IpcMessage $topic 'news'; Send-IpcMessage $topic 'more'
            1..2 | Invoke-ProcessPool -Pool $pool { Receive-IpcMessage $using:subscription -Timeout 60 }
            """));
    }

    [Fact]
    public void An_object_that_is_gone_fails_the_call_and_the_pool_goes_on()
    {
        ErrorRecord error = RunForThrow("$q = New-IpcQueue; $gone = $q; Remove-IpcQueue $q; 1..3 | Invoke-ProcessPool { $using:gone } -ErrorAction Stop");
        Assert.Contains("Ipc", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([1, 2], Session.RunCleanly("1..2 | Invoke-ProcessPool { $_ }"));
    }

    [Fact]
    public void Workers_let_go_of_objects_when_the_call_is_over()
    {
        using var observer = new PowerShellSession();
        Session.RunCleanly("""
            $q = New-IpcQueue let-go
            1..10 | Invoke-ProcessPool { $null = $using:q }
            """);
        Session.RunCleanly("$q.Dispose()");
        WaitUntil(observer, "-not (Get-IpcObject | Where-Object Name -eq 'let-go')");
    }
}
