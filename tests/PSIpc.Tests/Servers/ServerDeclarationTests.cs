namespace PSIpc.Tests;

/// <summary>
/// What the module declares on a server, as the server says it. RabbitMQ 4.3 refuses queues that are neither durable nor exclusive, a prefetch for a whole channel, and the arguments of the old storage of classic queues
/// (https://github.com/rabbitmq/rabbitmq-server/releases/tag/v4.3.0); 4.0 has no mirrored classic queues.
/// </summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerDeclarationTests(RabbitBroker broker) : ServerTest(broker)
{
    private static readonly string[] Refused = ["x-queue-version", "x-queue-mode", "x-queue-master-locator", "x-ha-policy"];

    [Fact]
    public void Nothing_is_declared_that_newer_servers_refuse()
    {
        Session.RunCleanly($$"""
            $q = New-IpcQueue {{Name}} -Server $server
            1..3 | Send-IpcMessage $q
            $null = Receive-IpcMessage $q
            $t = New-IpcTopic {{Name}} -Server $server
            $s = New-IpcSubscription $t
            Send-IpcMessage $t 1
            $null = Receive-IpcMessage $s -Timeout 60
            $name = $server.Name
            $machine = Start-IpcProcess { Start-ProcessPoolWorker $using:name {{Name}} -Count 2 }
            $pool = New-ProcessPool {{Name}} -Server $server
            $null = 1..3 | Invoke-ProcessPool { $_ } -Pool $pool -Timeout 60
            """);
        List<string[]> queues = Broker.Ask("list_queues", "name", "durable", "exclusive", "type", "arguments");
        List<string[]> channels = Broker.Ask("list_channels", "name", "global_prefetch_count");
        List<string[]> exchanges = Broker.Ask("list_exchanges", "name", "durable");
        Session.RunCleanly("Remove-ProcessPool $pool; Stop-IpcProcess $machine -Force");

        // The queue, the subscription, the tasks of the pool, the replies of its caller, the host: at least.
        Assert.True(queues.Count >= 5, string.Join('\n', queues.Select(q => string.Join(' ', q))));
        Assert.All(queues, q => Assert.True(q[1] == "true" || q[2] == "true", $"neither durable nor exclusive: {q[0]}"));
        Assert.All(queues, q => Assert.DoesNotContain(Refused, r => q[4].Contains(r, StringComparison.Ordinal)));
        Assert.All(queues.Where(q => q[0].StartsWith("psipc.tasks", StringComparison.Ordinal) || q[0].StartsWith("psipc.replies", StringComparison.Ordinal)), q => Assert.Contains("x-expires", q[4], StringComparison.Ordinal));
        Assert.NotEmpty(channels);
        Assert.All(channels, c => Assert.Equal("0", c[1]));
        Assert.All(exchanges.Where(e => e[0].StartsWith("psipc", StringComparison.Ordinal)), e => Assert.Equal("true", e[1]));
    }
}
