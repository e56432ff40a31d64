using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Receivers and servers that are killed: nothing is lost.</summary>
[Collection(ServerCollection.Killed)]
[Trait("Tier", "Long")]
public sealed class ServerDeathTests(RabbitBroker broker) : ServerTest(broker)
{
    [Fact]
    public void What_a_killed_receiver_had_not_confirmed_comes_again()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server -RequireConfirmation
            $ready = New-IpcQueue
            1..5 | Send-IpcMessage $q
            $p = Start-IpcProcess {
                $m = Receive-IpcMessage $using:q -Count 3
                Confirm-IpcMessage $m[0]
                Send-IpcMessage $using:ready ($m.Body -join ' ')
                Wait-IpcObject (New-IpcQueue)
            }
            Receive-IpcMessage $ready -Timeout 60
            $q.Count
            $p | Stop-IpcProcess -Force
            $all = Receive-IpcMessage $q -Count 4 -Timeout 60
            ($all.Body | ForEach-Object { $_ }) -join ' '
            ($all.Redelivered) -join ' '
            $all[0].DeliveryCount
            $q.Unconfirmed
            $all | Confirm-IpcMessage
            $all[0].Confirm()
            $q.Unconfirmed; $q.Count
            Remove-IpcQueue $ready
            """);
        Assert.Equal(["1 2 3", 2L], output[..2]);
        Assert.Equal("2 3 4 5", string.Join(' ', ((string)output[2]!).Split(' ').Order(StringComparer.Ordinal)));
        Assert.Equal(2, ((string)output[3]!).Split(' ').Count(r => r == "True"));
        Assert.Equal([4L, false, 0L, 0L], output[5..]);
    }

    [Fact]
    public void Two_clients_share_the_work_and_one_that_is_killed_loses_none()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server -RequireConfirmation
            $done = New-IpcQueue
            1..60 | Send-IpcMessage $q
            $workers = 1..2 | ForEach-Object {
                Start-IpcProcess { Receive-IpcMessage $using:q -Wait | ForEach-Object { Send-IpcMessage $using:done $_.Body; Confirm-IpcMessage $_ } }
            }
            $seen = @{}
            Receive-IpcMessage $done -Count 20 -Timeout 60 | ForEach-Object { $seen[$_] = 1 }
            $workers[0] | Stop-IpcProcess -Force
            while ($seen.Count -lt 60) { $seen[(Receive-IpcMessage $done -Timeout 60 -ErrorAction Stop)] = 1 }
            $seen.Count
            Close-IpcQueue $q
            ($workers[1] | Wait-IpcProcess).ExitCode
            Remove-IpcQueue $done
            """);
        Assert.Equal([60, 0], output);
    }

    [Fact]
    public void A_hundred_thousand_messages_pass_a_server_that_is_killed_in_the_middle()
    {
        const int Count = 100_000;
        const int MostAhead = 256; // Messages that a server sends before some are acknowledged.
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server");
        RabbitBroker.Settle();
        Session.RunCleanly($"$p = Start-IpcProcess {{ 1..{Count} | Send-IpcMessage $using:q; Close-IpcQueue $using:q; 'sent' }}");
        using PowerShell pipeline = Session.NewPipeline("Receive-IpcMessage $q -Wait");
        using var output = new PSDataCollection<PSObject>();
        IAsyncResult running = pipeline.BeginInvoke<PSObject, PSObject>(null, output);
        Assert.True(SpinWait.SpinUntil(() => output.Count > Count / 5, LongTime), "no messages");
        Broker.Kill();
        Broker.StartAgain();
        Assert.True(running.AsyncWaitHandle.WaitOne(5 * LongTime), $"{output.Count} messages");
        pipeline.EndInvoke(running);
        Assert.Empty(pipeline.Streams.Error);
        int[] received = [.. output.Select(o => (int)o.BaseObject)];
        Assert.Equal(Count, received.Distinct().Count());

        // Each once, and in order: the receiver knows what it was given before, and the sender sends again in the order of sending. Only what was under way to the
        // receiver can be behind later messages, when the server notes that the former connection is gone after it has given some to the new one.
        int latest = 0;
        int[] late = [.. received.Where(n => (latest = Math.Max(latest, n)) != n)];
        Assert.True(late.Length <= MostAhead && late.SequenceEqual(late.Order()), $"late: {string.Join(' ', late)}");
        Assert.Equal(["sent"], Session.RunCleanly("$p | Wait-IpcProcess | Receive-IpcProcess"));
    }

    [Fact]
    public void What_was_received_before_the_server_was_killed_is_confirmed_afterwards_and_comes_once()
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server -RequireConfirmation; 1..5 | Send-IpcMessage $q; $m = Receive-IpcMessage $q -Count 2");
        RabbitBroker.Settle();
        Broker.Kill();
        Broker.StartAgain();
        object?[] output = Session.RunCleanly("""
            Confirm-IpcMessage $m[0]
            $rest = Receive-IpcMessage $q -Count 3 -Timeout 60
            ($rest.Body | ForEach-Object { $_ }) -join ' '
            Confirm-IpcMessage $m[1]
            $rest | Confirm-IpcMessage
            $q.Unconfirmed
            Receive-IpcMessage $q -NoWait
            Disconnect-IpcServer $server
            $server = Connect-IpcServer $uri -Name $serverName
            (Get-IpcQueue $q.Name -Server $server).Count
            """);
        Assert.Equal(["3 4 5", 0L, 0L], output);
    }

    [Fact]
    public void Whoever_waits_while_the_server_is_away_goes_on_when_it_is_back()
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server; $t = New-IpcTopic {Name} -Server $server; $s = New-IpcSubscription $t; 0 | Send-IpcMessage $q; 0 | Send-IpcMessage $t; $null = Receive-IpcMessage $q; $null = Receive-IpcMessage $s");
        RabbitBroker.Settle();
        using PowerShell pipeline = Session.NewPipeline("Receive-IpcMessage $q; Receive-IpcMessage $s; Send-IpcMessage $q 3; Receive-IpcMessage $q");
        IAsyncResult running = pipeline.BeginInvoke();
        Assert.False(running.AsyncWaitHandle.WaitOne(300));
        Broker.Kill();
        Broker.StartAgain();
        using var other = new PowerShellSession();
        other.RunCleanly("$other = Connect-IpcServer $uri -Name \"$name-other\"; Send-IpcMessage (Get-IpcQueue $name -Server $other) 1; Send-IpcMessage (Get-IpcTopic $name -Server $other) 2; Disconnect-IpcServer $other", ("uri", Broker.FullUri), ("name", Name));
        Assert.True(running.AsyncWaitHandle.WaitOne(LongTime), "it does not go on");
        Assert.Equal([1, 2, 3], pipeline.EndInvoke(running).Select(o => (int)o.BaseObject));
    }

    [Fact]
    public void Whoever_begins_while_the_server_answers_nothing_goes_on_when_it_does()
    {
        // Longer than the client library waits for an answer, shorter than it takes for a connection to be seen as lost.
        string[] scripts =
        [
            "$q = Get-IpcQueue $name -Server $server; $null = $q.TryReceive([ref] $null); $ready.Set(); $frozen.Wait(); Send-IpcMessage $q 1",
            "$q = Get-IpcQueue $name -Server $server; $ready.Set(); $frozen.Wait(); Receive-IpcMessage $q",
            "$q = Get-IpcQueue $name -Server $server; $null = $q.TryReceive([ref] $null); $ready.Set(); $frozen.Wait(); Receive-IpcMessage $q",
        ];
        Session.RunCleanly($"$null = New-IpcQueue {Name} -Server $server -MaxCount 10");
        object?[] server = Session.RunCleanly(", $server");
        using var ready = new CountdownEvent(scripts.Length);
        using var frozen = new ManualResetEventSlim();
        Task<object?[]>[] running = [.. scripts.Select(script => Task.Run(() =>
        {
            using var other = new PowerShellSession();
            return other.RunCleanly(script.Replace("$ready.Set()", "$null = $ready.Signal()", StringComparison.Ordinal), ("name", Name), ("server", server[0]), ("ready", ready), ("frozen", frozen));
        }))];
        Assert.True(ready.Wait(LongTime), "they do not begin");
        using (var freezing = new Timer(_ => frozen.Set(), null, 1000, Timeout.Infinite))
        {
            Broker.Freeze(TimeSpan.FromSeconds(24));
        }

        Session.RunCleanly($"Send-IpcMessage (Get-IpcQueue {Name} -Server $server) 2 -Timeout 60");
        Assert.True(Task.WaitAll(running, LongTime), "one does not go on");
        Assert.Equal([1, 2], running.SelectMany(r => r.Result).Select(o => (int)o!).Order());
    }

    [Fact]
    public void A_server_that_stays_away_is_told_after_the_time_that_was_asked_for()
    {
        Session.RunCleanly($"$away = Connect-IpcServer $uri -Name {ServerName}-away -ReconnectTimeout 0.5; $q = New-IpcQueue {Name} -Server $away; Send-IpcMessage $q 0; $null = Receive-IpcMessage $q");
        RabbitBroker.Settle();
        Broker.Kill();
        try
        {
            Fails("Send-IpcMessage $q 1", "IpcPeerGone", ErrorCategory.ConnectionError);
            Fails("Receive-IpcMessage $q", "IpcPeerGone", ErrorCategory.ConnectionError);
            Fails("Receive-IpcMessage $q -Timeout 0.1", "IpcTimeout", ErrorCategory.OperationTimeout);
            Fails("Send-IpcMessage $q 1 -Timeout 0.1", "IpcTimeout", ErrorCategory.OperationTimeout);
            Fails("Receive-IpcMessage $q -NoWait", "IpcPeerGone", ErrorCategory.ConnectionError);
        }
        finally
        {
            Broker.StartAgain();
        }

        Assert.Equal(["back"], Session.RunCleanly($"Send-IpcMessage $q 'back' -Timeout 60; Receive-IpcMessage $q -Timeout 60; Disconnect-IpcServer $away"));
    }
}
