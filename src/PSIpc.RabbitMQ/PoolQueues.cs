using PSIpc.Core.Pools.Remote;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>The exchanges and queues of process pools over many machines, as docs/decisions/broker-pools.md has them.</summary>
internal static class PoolQueues
{
    public const string TasksExchange = "psipc.tasks";
    public const string HostsExchange = "psipc.hosts";
    public const string RepliesExchange = "psipc.replies";
    private static readonly TimeSpan TasksExpiry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RepliesExpiry = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How many places there are for a queue. A classic queue is on one node of a cluster, and cannot be declared while that is down: then it is declared again under another name, and bound as the first one is.
    /// Both get all messages when the node is back, which does no harm; the one that is not used expires.
    /// </summary>
    public const int Places = 3;

    /// <summary>The queue of a pool's tasks. The version of the protocol is in its name.</summary>
    public static string Tasks(string pool, int place) => Place($"psipc.tasks.v1.{pool}", place);

    /// <summary>The queue of a caller.</summary>
    public static string Replies(Guid caller, int place) => Place($"psipc.replies.v1.{caller:N}", place);

    /// <summary>The queue of a host's connection.</summary>
    public static string Host(Guid epoch) => $"psipc.hosts.v1.{epoch:N}";

    /// <summary>Where a message is published: the exchange and the routing key.</summary>
    public static (string Exchange, string Key) AddressOf(RoutedMessage message, string pool) => message.Route switch
    {
        MessageRoute.Tasks => (TasksExchange, pool),
        MessageRoute.Host => (HostsExchange, $"{message.Target:N}"),
        MessageRoute.AllHosts => (HostsExchange, $"pool.{pool}"),
        _ => (RepliesExchange, $"{message.Target:N}"),
    };

    public static async Task DeclareExchangesAsync(IChannel channel, CancellationToken cancellation)
    {
        foreach (string exchange in new[] { TasksExchange, HostsExchange, RepliesExchange })
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Direct, durable: true, autoDelete: false, cancellationToken: cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Declares the queue of tasks, which goes when neither a host nor a caller has used it for some time.</summary>
    public static async Task DeclareTasksAsync(IChannel channel, string pool, int place, CancellationToken cancellation)
    {
        await channel.QueueDeclareAsync(Tasks(pool, place), durable: true, exclusive: false, autoDelete: false, Arguments(TasksExpiry), cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueBindAsync(Tasks(pool, place), TasksExchange, pool, cancellationToken: cancellation).ConfigureAwait(false);
    }

    /// <summary>Declares the queue of a caller, which outlives its connection for some time.</summary>
    public static async Task DeclareRepliesAsync(IChannel channel, Guid caller, int place, CancellationToken cancellation)
    {
        await channel.QueueDeclareAsync(Replies(caller, place), durable: true, exclusive: false, autoDelete: false, Arguments(RepliesExpiry), cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueBindAsync(Replies(caller, place), RepliesExchange, $"{caller:N}", cancellationToken: cancellation).ConfigureAwait(false);
    }

    /// <summary>Declares the queue of a host's connection, which goes with the connection.</summary>
    public static async Task DeclareHostAsync(IChannel channel, string pool, Guid epoch, CancellationToken cancellation)
    {
        await channel.QueueDeclareAsync(Host(epoch), durable: false, exclusive: true, autoDelete: true, Arguments(null), cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueBindAsync(Host(epoch), HostsExchange, $"{epoch:N}", cancellationToken: cancellation).ConfigureAwait(false);
        await channel.QueueBindAsync(Host(epoch), HostsExchange, $"pool.{pool}", cancellationToken: cancellation).ConfigureAwait(false);
    }

    private static string Place(string queue, int place) => place == 0 ? queue : $"{queue}~{place}"; // A pool's name has no tilde.

    private static Dictionary<string, object?> Arguments(TimeSpan? expiry)
    {
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "classic" };
        if (expiry is { } time)
        {
            arguments["x-expires"] = (int)time.TotalMilliseconds;
        }

        return arguments;
    }
}
