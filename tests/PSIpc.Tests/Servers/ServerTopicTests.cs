using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Topics on a server: each subscription gets each message.</summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerTopicTests(RabbitBroker broker) : ServerTest(broker)
{
    [Fact]
    public void Each_subscription_gets_every_message_in_order()
    {
        object?[] output = Session.RunCleanly($$"""
            $t = New-IpcTopic {{Name}} -Server $server
            Send-IpcMessage $t 'before'
            $a = New-IpcSubscription $t; $b = New-IpcSubscription {{Name}} -Server {{ServerName}}
            1..200 | Send-IpcMessage $t
            foreach ($s in $a, $b) {
                $next = 1; Receive-IpcMessage $s -Count 200 | ForEach-Object { if ($_ -eq $next) { $next++ } }
                $next; $s.Count; $s.Lost
            }
            Receive-IpcMessage $a -NoWait
            Send-IpcMessage $t 'last'
            Receive-IpcMessage $a -Timeout 60
            Receive-IpcMessage $b -Timeout 60
            $t.Published
            $a, $b | Remove-IpcSubscription
            """);
        Assert.Equal([201, 0L, 0L, 201, 0L, 0L, "last", "last", 202L], output);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $s -NoWait")]
    [InlineData("try { Receive-IpcMessage $s -Count 3 -Timeout 0.05 -ErrorAction Stop } catch { }")]
    public void An_empty_reading_is_followed_by_full_ones(string script)
    {
        object?[] output = Session.RunCleanly($$"""
            $t = New-IpcTopic {{Name}} -Server $server
            $s = New-IpcSubscription $t
            {{script}}
            1..600 | Send-IpcMessage $t
            $next = 1; Receive-IpcMessage $s -Count 600 -Timeout 10 | ForEach-Object { if ($_ -eq $next) { $next++ } }
            $next
            Remove-IpcSubscription $s
            """);
        Assert.Equal([601], output);
    }

    [Fact]
    public void Closing_ends_subscriptions_when_they_are_drained()
    {
        object?[] output = Session.RunCleanly($$"""
            $t = New-IpcTopic {{Name}} -Server $server
            $s = New-IpcSubscription $t
            1..3 | Send-IpcMessage $t
            Close-IpcTopic $t
            Receive-IpcMessage $s -Wait
            $s.IsClosed; $t.IsClosed; (Get-IpcTopic {{Name}} -Server $server).IsClosed
            """);
        Assert.Equal([1, 2, 3, true, true, true], output);
        Fails("Send-IpcMessage $t 4", "IpcClosed", ErrorCategory.ResourceUnavailable);
        Fails("New-IpcSubscription $t", "IpcClosed", ErrorCategory.ResourceUnavailable);
        Fails("Receive-IpcMessage $s", "IpcClosed", ErrorCategory.ResourceUnavailable);
    }

    [Fact]
    public void A_subscription_that_is_too_slow_counts_what_it_lost()
    {
        object?[] output = Session.RunCleanly($$"""
            $t = New-IpcTopic {{Name}} -Server $server -OnOverflow DropOldest -Capacity 4KB
            $s = New-IpcSubscription $t
            1..2000 | Send-IpcMessage $t
            Close-IpcTopic $t
            $all = @(Receive-IpcMessage $s -Wait)
            $all.Count -lt 2000; $all[-1]; $all.Count + $s.Lost
            $s | Remove-IpcSubscription
            """);
        Assert.Equal([true, 2000, 2000L], output);
    }

    [Fact]
    public void A_subscription_is_passed_on_and_waited_for()
    {
        object?[] output = Session.RunCleanly($$"""
            $t = New-IpcTopic {{Name}} -Server $server
            $s = New-IpcSubscription $t
            1..3 | Send-IpcMessage $t
            $p = Start-IpcProcess { Receive-IpcMessage $using:s -Count 3; "$(Wait-IpcObject $using:s -Timeout 60)"; Receive-IpcMessage $using:s }
            try { Receive-IpcMessage $s -NoWait -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            Send-IpcMessage $t 4
            $p | Wait-IpcProcess | Receive-IpcProcess
            """);
        Assert.Equal(["IpcNotOwner", 1, 2, 3, Name, 4], output);
    }

    [Theory]
    [InlineData("New-IpcSubscription $t -FromOldest", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Get-IpcTopic nothing -Server $server", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-IpcTopic * -Server $server", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("New-IpcTopic $t.Name -Server $server", "IpcAlreadyExists", ErrorCategory.ResourceExists)]
    [InlineData("Receive-IpcMessage $t", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Remove-IpcTopic $t; Send-IpcMessage $t 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    public void Errors_are_those_of_a_topic_in_shared_memory(string script, string id, ErrorCategory category)
    {
        Session.RunCleanly($"$t = New-IpcTopic {Name} -Server $server");
        Fails(script, id, category);
    }
}
