using System.Management.Automation;
using RabbitMQ.Client;

namespace PSIpc.Tests;

/// <summary>Queues on a server do what queues in shared memory do, or say that they cannot.</summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerQueueTests(RabbitBroker broker) : ServerTest(broker)
{
    [Fact]
    public void Messages_pass_by_object_and_by_method_in_their_order()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..3 | Send-IpcMessage $q
            Send-IpcMessage $q 4 -PassThru
            $q.Send(5); $q.Send('six', 5); $null = $q.TrySend(7)
            $q.Count
            Receive-IpcMessage $q -Count 2
            Receive-IpcMessage $q -Available
            $value = $null
            $q.TryReceive([ref] $value)
            $q.SendBytes([byte[]](1, 2)); , $q.ReceiveBytes()
            """);
        Assert.Equal([4, 7L, 1, 2, 3, 4, 5, "six", 7, false], output[..10]);
        Assert.Equal(new byte[] { 1, 2 }, output[10]);
    }

    [Fact]
    public void Thousands_of_messages_keep_their_order_and_none_is_taken_that_was_not_asked_for()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..5000 | Send-IpcMessage $q
            $wrong = 0; $next = 1
            foreach ($count in 1, 10, 300, 1000, 2000) { Receive-IpcMessage $q -Count $count | ForEach-Object { if ($_ -ne $next++) { $wrong++ } } }
            $wrong; $next
            $message = Receive-IpcMessage $q -IncludeMetadata
            $message.Body; $message.Redelivered; $message.DeliveryCount; $message.SenderId -eq $PID; $message.Sequence
            while ($q.Count -lt 1688) { } # the server takes back what was fetched ahead
            $rest = 0; Receive-IpcMessage $q -Available | ForEach-Object { $rest++ }
            $rest
            """);
        Assert.Equal([0, 3312, 3312, false, 1, true, 3312L, 1688], output);
    }

    [Fact]
    public void A_queue_has_its_properties_wherever_it_is_opened()
    {
        object?[] output = Session.RunCleanly($$"""
            $null = New-IpcQueue {{Name}} -Server $server -MaxCount 50 -Capacity 1MB -Serializer Json -RequireConfirmation
            $q = Start-IpcProcess { Get-IpcQueue {{Name}} -Server {{ServerName}} } | Wait-IpcProcess | Receive-IpcProcess
            $q.Name; $q.MaxCount; $q.Capacity; $q.Serializer; $q.RequiresConfirmation; $q.IsPersistent; $q.IsClosed; $q.Count
            """);
        Assert.Equal([Name, 50L, 1L << 20, "Json", true, true, false, 0L], output);
    }

    [Theory]
    [InlineData("Json", "application/json")]
    [InlineData("MessagePack", "application/vnd.psipc.msgpack")]
    [InlineData("CliXml", "application/vnd.psipc.clixml")]
    [InlineData("Pickle", "application/vnd.psipc.pickle")]
    public void Each_serializer_travels_as_the_content_type(string serializer, string type)
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            Send-IpcMessage $q @{ a = 1; b = 'two' } -Serializer {{serializer}}
            $m = Receive-IpcMessage $q -IncludeMetadata
            $m.Serializer; $m.Body.a; $m.Body.b; $m.SentAt.GetType().Name
            """);
        Assert.Equal([serializer, 1, "two", "DateTime"], output);
        Assert.Equal(type, RawClient.ContentTypeOf(Broker, Name, () => Session.RunCleanly($"Send-IpcMessage $q @{{ a = 1 }} -Serializer {serializer}")));
    }

    [Fact]
    public void A_serializer_of_ones_own_travels_too()
    {
        object?[] output = Session.RunCleanly($$"""
            Register-IpcSerializer upper-{{Name}} { [Text.Encoding]::ASCII.GetBytes("$_".ToUpperInvariant()) } { [Text.Encoding]::ASCII.GetString($_) }
            $q = New-IpcQueue {{Name}} -Server $server -Serializer upper-{{Name}}
            Send-IpcMessage $q abc
            (Get-IpcQueue {{Name}} -Server $server).Serializer -eq 'upper-{{Name}}'
            Receive-IpcMessage $q
            Unregister-IpcSerializer upper-{{Name}}
            """);
        Assert.Equal([true, "ABC"], output);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $q -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Receive-IpcMessage $q -Wait -Timeout 0.05", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("1 | Send-IpcMessage $q; Wait-IpcQueue $q -Timeout 0.1", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("1, 2 | Send-IpcMessage $q -NoWait", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Send-IpcMessage $q 1; Send-IpcMessage $q 2 -Timeout 0.1", "IpcTimeout", ErrorCategory.OperationTimeout)]
    [InlineData("Close-IpcQueue $q; Send-IpcMessage $q 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Close-IpcQueue $q; Receive-IpcMessage $q", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Remove-IpcQueue $q; Send-IpcMessage $q 1", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Remove-IpcQueue $q; Receive-IpcMessage $q", "IpcClosed", ErrorCategory.ResourceUnavailable)]
    [InlineData("Get-IpcQueue no-such-queue -Server $server", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-IpcQueue * -Server $server", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Remove-IpcQueue x* -Server $server", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("Receive-IpcMessage $q -Peek", "IpcNotSupported", ErrorCategory.InvalidOperation)]
    [InlineData("New-IpcQueue $q.Name -Server $server", "IpcAlreadyExists", ErrorCategory.ResourceExists)]
    [InlineData("New-IpcQueue 'a/b' -Server $server", "IpcInvalidName", ErrorCategory.InvalidArgument)]
    [InlineData("Send-IpcMessage $q 1 -Serializer Raw", "IpcSerialization", ErrorCategory.InvalidData)]
    public void Errors_are_those_of_a_queue_in_shared_memory(string script, string id, ErrorCategory category)
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server -MaxCount 1");
        Fails(script, id, category);
    }

    [Fact]
    public void What_a_server_cannot_tell_is_an_error()
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server -RequireConfirmation");
        Fails("Wait-IpcQueue $q", "IpcNotSupported", ErrorCategory.InvalidOperation);
        Assert.Equal([true], Session.RunCleanly("$null -eq $q.Bytes")); // PowerShell's answer where a property throws
    }

    [Fact]
    public void A_full_queue_keeps_senders_waiting_until_there_is_room()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server -MaxCount 3
            $p = Start-IpcProcess { 1..10 | Send-IpcMessage $using:q; 'all sent' }
            while ($q.Count -lt 3) { }
            $most = 0; for ($i = 0; $i -lt 20; $i++) { $most = [Math]::Max($most, $q.Count) }
            [long]$most; $p.IsAlive
            $next = 0; Receive-IpcMessage $q -Count 10 | ForEach-Object { if ($_ -eq $next + 1) { $next++ } }
            $next
            $p | Wait-IpcProcess | Receive-IpcProcess
            $q.TrySend(1); $q.TrySend(2); $q.TrySend(3); $q.TrySend(4)
            """);
        Assert.Equal([3L, true, 10, "all sent", true, true, true, false], output);
    }

    [Fact]
    public void A_queue_is_full_by_its_bytes_too()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server -Capacity 64KB
            $sent = 0
            while ($sent -lt 100 -and $q.TrySend('x' * 10000)) { $sent++ }
            $sent -gt 5 -and $sent -lt 9
            # Longer than a sender takes for a channel that has nothing but refusals to have the wrong leader: it goes on, once, on the next channel too.
            $late = Start-IpcProcess { 1..3 | Send-IpcMessage $using:q -Timeout 60; 'all sent' }
            [Threading.Thread]::Sleep(4000)
            "$($late.IsAlive) $($q.Count -eq $sent)"
            $null = Receive-IpcMessage $q -Count $sent
            Receive-IpcMessage $q -Count 3 -Timeout 60
            $late | Wait-IpcProcess | Receive-IpcProcess
            $q.TrySend('again')
            """);
        Assert.Equal([true, "True True", 1, 2, 3, "all sent", true], output);
    }

    [Fact]
    public void Close_ends_all_receivers_when_the_queue_is_drained()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            $done = New-IpcQueue
            $workers = 1..2 | ForEach-Object { Start-IpcProcess { Receive-IpcMessage $using:q -Wait | Send-IpcMessage $using:done; 'ended' } }
            1..40 | Send-IpcMessage $q
            Close-IpcQueue $q; Close-IpcQueue $q
            $workers | Wait-IpcProcess | Receive-IpcProcess
            $sum = 0; Receive-IpcMessage $done -Available | ForEach-Object { $sum += $_ }
            $sum; $q.IsClosed; $q.Count
            Receive-IpcMessage $q -Wait
            (Get-IpcQueue {{Name}} -Server $server).IsClosed
            Remove-IpcQueue $done
            """);
        Assert.Equal(["ended", "ended", 820, true, 0L, true], output);
    }

    [Theory]
    [InlineData("-MaxCount 4")]
    [InlineData("-Capacity 10KB")]
    public void A_queue_that_is_full_can_be_closed_and_ends_when_it_is_drained(string limit)
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server {{limit}}
            $sent = 0; while ($q.TrySend('x' * 1000)) { $sent++ }
            Close-IpcQueue $q; Close-IpcQueue $q
            "$($q.IsClosed) $($q.Count -eq $sent) $((Get-IpcQueue {{Name}} -Server $server).Count -eq $sent)"
            $receiver = Start-IpcProcess { Receive-IpcMessage $using:q -Wait; 'ended' }
            $received = @($receiver | Wait-IpcProcess | Receive-IpcProcess)
            "$($received.Count - $sent) $($received[-1]) $($q.Count)"
            Receive-IpcMessage $q -Wait
            'ended here, too'
            """);
        Assert.Equal(["True True True", "1 ended 0", "ended here, too"], output);
    }

    [Fact]
    public void Clear_drops_messages_and_a_closed_queue_still_ends()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..5 | Send-IpcMessage $q
            $q.Clear(); $q.Count
            Close-IpcQueue $q
            $q.Clear()
            Receive-IpcMessage $q -Wait
            'ended'
            """);
        Assert.Equal([5L, 0L, 0L, "ended"], output);
    }

    [Fact]
    public void An_early_end_of_the_pipeline_gives_back_what_it_did_not_write()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..1000 | Send-IpcMessage $q
            foreach ($dummy in 1) { Receive-IpcMessage $q -Wait | ForEach-Object { if ($_ -eq 100) { break } } }
            while ($q.Count -lt 900) { } # the server takes back what was fetched ahead
            $q.Count
            # In whatever order the server has put them back.
            $rest = [int[]] (Receive-IpcMessage $q -Count 900)
            [Array]::Sort($rest)
            [Linq.Enumerable]::SequenceEqual($rest, [int[]] (101..1000))
            """);
        Assert.Equal([900L, true], output);
    }

    [Theory]
    [InlineData("Receive-IpcMessage $q")]
    [InlineData("Receive-IpcMessage $q -Wait")]
    [InlineData("1, 2 | Send-IpcMessage $q")]
    [InlineData("1 | Send-IpcMessage $q; Wait-IpcQueue $q")]
    [InlineData("Wait-IpcObject $q")]
    public void Stopping_the_pipeline_ends_every_wait(string script)
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server -MaxCount 1");
        using PowerShell pipeline = Session.NewPipeline(script);
        IAsyncResult running = pipeline.BeginInvoke();
        Assert.False(running.AsyncWaitHandle.WaitOne(300));
        IAsyncResult stopping = pipeline.BeginStop(null, null);
        Assert.True(stopping.AsyncWaitHandle.WaitOne(LongTime), "the wait does not end");
        Assert.Throws<PipelineStoppedException>(() => pipeline.EndInvoke(running));
    }

    [Fact]
    public void A_stopped_receiver_takes_nothing()
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server");
        using (PowerShell pipeline = Session.NewPipeline("Receive-IpcMessage $q"))
        {
            IAsyncResult running = pipeline.BeginInvoke();
            Assert.False(running.AsyncWaitHandle.WaitOne(300));
            pipeline.Stop();
        }

        Assert.Equal(["mine"], Session.RunCleanly("Send-IpcMessage $q 'mine'; Receive-IpcMessage $q -Timeout 60"));
    }

    [Fact]
    public void Objects_of_servers_and_of_this_machine_are_waited_for_together()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            $local = New-IpcQueue
            try { Wait-IpcObject $q, $local -Timeout 0.2 -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            $p = Start-IpcProcess { Send-IpcMessage $using:q 'from far' }
            "$(Wait-IpcObject $local, $q -Timeout 60)" -eq '{{Name}}'
            Receive-IpcMessage $q -Timeout 60 # what lies there for a while goes back to the server
            Send-IpcMessage $local 1
            "$(Wait-IpcObject $local, $q)" -eq $local.Name
            Close-IpcQueue $q
            "$(Wait-IpcObject $q -Timeout 60)" -eq '{{Name}}'
            Remove-IpcQueue $local
            """);
        Assert.Equal(["IpcTimeout", true, "from far", true, true], output);
    }

    [Fact]
    public void A_slow_receiver_has_nothing_in_hand_that_another_could_work_on()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..10 | Send-IpcMessage $q
            Receive-IpcMessage $q
            $q.Count
            $p = Start-IpcProcess { (Receive-IpcMessage $using:q -Count 9).Count } | Wait-IpcProcess
            Receive-IpcProcess $p
            """);
        Assert.Equal([1, 9L, 9], output);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Any_number_of_messages_is_received_before_the_first_is_confirmed(double firstMilliseconds)
    {
        // The first ones come slowly, the others as fast as they can: so few are fetched ahead at first.
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server -RequireConfirmation
            1..1000 | Send-IpcMessage $q
            $clock = [Diagnostics.Stopwatch]::new()
            $all = Receive-IpcMessage $q -Count 1000 -Timeout 10 | ForEach-Object {
                if ($_.Body -le 5) { $clock.Restart(); while ($clock.Elapsed.TotalMilliseconds -lt {{firstMilliseconds}}) { } }
                $_
            }
            $all.Count; $all[-1].Body; $q.Unconfirmed
            $all | Confirm-IpcMessage
            $q.Unconfirmed
            """);
        Assert.Equal([1000, 1000, 1000L, 0L], output);
    }

    [Fact]
    public void Readings_of_one_handle_at_the_same_time_do_not_end_each_other()
    {
        object? queue = Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server; , $q")[0];
        string[] scripts = ["Receive-IpcMessage $q -Wait -Timeout 60", "[Threading.Thread]::Sleep(500); Receive-IpcMessage $q -Count 1 -Timeout 60"];
        Task<(int[] Output, ErrorRecord[] Errors)>[] readings = [.. scripts.Select(script => Task.Run(() =>
        {
            using var other = new PowerShellSession();
            int[] output = [.. other.Run(script, ("q", queue)).Select(o => (int)o.BaseObject)];
            return (output, other.Errors.ToArray());
        }))];
        Session.RunCleanly("foreach ($count in 1, 1, 2000) { [Threading.Thread]::Sleep(1000); 1..$count | Send-IpcMessage $q }; Close-IpcQueue $q");
        Assert.True(Task.WaitAll(readings, LongTime), "a reading does not end");
        Assert.Equal([1, 1, 1, .. Enumerable.Range(2, 1999)], readings.SelectMany(r => r.Result.Output).Order());
        Assert.DoesNotContain(readings.SelectMany(r => r.Result.Errors), e => e.FullyQualifiedErrorId.StartsWith("IpcTimeout", StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_may_not_receive_is_told_and_does_not_ask_for_ever()
    {
        object?[] output = RawClient.Run(Broker, async channel =>
        {
            await channel.QueueDeclareAsync(Name, durable: true, exclusive: false, autoDelete: false);
            await channel.BasicConsumeAsync(Name, autoAck: false, consumerTag: "", noLocal: false, exclusive: true, arguments: null, new AsyncDefaultBasicConsumer(channel));
            return Session.RunCleanly($$"""
                $q = Get-IpcQueue {{Name}} -Server $server
                "$(Wait-IpcObject $q -Timeout 60)" -eq '{{Name}}'
                try { Receive-IpcMessage $q -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
                """);
        });
        Assert.Equal([true, "IpcPermissionDenied"], output);
        Assert.Equal([7], Session.RunCleanly("Send-IpcMessage $q 7; Receive-IpcMessage $q -Timeout 60"));
    }

    [Fact]
    public void What_a_limited_queue_of_another_program_refuses_for_a_time_gets_there()
    {
        RawClient.Run(Broker, channel => channel.QueueDeclareAsync(
            Name, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-max-length"] = 20, ["x-overflow"] = "reject-publish" }));
        Session.RunCleanly($"$q = Get-IpcQueue {Name} -Server $server");
        using PowerShell sender = Session.NewPipeline("1..300 | Send-IpcMessage $q");
        IAsyncResult running = sender.BeginInvoke();
        using var other = new PowerShellSession();
        object?[] received = other.RunCleanly($"Receive-IpcMessage (Get-IpcQueue {Name} -Server {ServerName}) -Count 300 -Timeout 60");
        Assert.True(running.AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(20)), "what the queue has is not confirmed");
        sender.EndInvoke(running);
        Assert.Empty(sender.Streams.Error);
        Assert.Equal(Enumerable.Range(1, 300), received.Select(r => (int)r!).Order());
    }

    [Fact]
    public void A_queue_that_is_full_is_closed_when_there_is_room_for_the_mark_of_its_end()
    {
        object?[] sent = Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server -Capacity 64KB; $sent = 0; while ($sent -lt 100 -and $q.TrySend('x' * 10000)) {{ $sent++ }}; $sent; , $q");
        Task<object?[]> receiving = Task.Run(() =>
        {
            using var other = new PowerShellSession();
            return other.RunCleanly("[Threading.Thread]::Sleep(1000); @(Receive-IpcMessage $q -Wait -Timeout 60).Count", ("q", sent[1]));
        });
        Session.RunCleanly("Close-IpcQueue $q");
        Assert.True(receiving.Wait(LongTime), "the receiver does not end");
        Assert.Equal([sent[0]], receiving.Result);
    }

    [Fact]
    public void Large_messages_pass_and_too_large_ones_are_refused_without_harm()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            $q.SendBytes([byte[]]::new(20MB)); $q.ReceiveBytes().Length
            try { $q.SendBytes([byte[]]::new(40MB)) } catch { $_.Exception.InnerException.Kind.ToString() }
            try { $q.SendBytes([byte[]]::new(200MB)) } catch { $_.Exception.InnerException.Kind.ToString() }
            Send-IpcMessage $q 'small'; Receive-IpcMessage $q
            """);
        Assert.Equal([20 << 20, "MessageTooLarge", "MessageTooLarge", "small"], output);
    }

    [Fact]
    public void A_queue_travels_by_using_by_argument_in_a_message_and_into_a_pool()
    {
        object?[] output = Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..4 | Send-IpcMessage $q
            Start-IpcProcess { Receive-IpcMessage $using:q } | Wait-IpcProcess | Receive-IpcProcess
            Start-IpcProcess { param($queue) Receive-IpcMessage $queue } -ArgumentList $q | Wait-IpcProcess | Receive-IpcProcess
            $local = New-IpcQueue
            Send-IpcMessage $local $q
            Start-IpcProcess { Receive-IpcMessage (Receive-IpcMessage $using:local) } | Wait-IpcProcess | Receive-IpcProcess
            Start-IpcProcess {
                $far = $using:q
                $pool = New-ProcessPool {{Name}}-pool -WorkerCount 1
                1 | Invoke-ProcessPool { Receive-IpcMessage $using:far } -Pool $pool
                Remove-ProcessPool $pool
            } | Wait-IpcProcess | Receive-IpcProcess
            Remove-IpcQueue $local
            """);
        Assert.Equal([1, 2, 3, 4], output);
    }

    [Fact]
    public void A_queue_of_another_program_can_be_used()
    {
        RawClient.Run(Broker, async channel =>
        {
            await channel.QueueDeclareAsync(Name, durable: true, exclusive: false, autoDelete: false);
            return await RawClient.PublishAsync(channel, Name, "application/json", "{\"id\": 7}");
        });
        object?[] output = Session.RunCleanly($"$q = Get-IpcQueue {Name} -Server $server; (Receive-IpcMessage $q).id; Send-IpcMessage $q 'back' -Serializer Json; Receive-IpcMessage $q");
        Assert.Equal([7, "back"], output);
        Fails("Close-IpcQueue $q", "IpcNotSupported", ErrorCategory.InvalidOperation);
    }
}
