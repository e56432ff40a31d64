using System.Diagnostics;
using PSIpc.Core;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>How many messages a server has in a queue, that nobody has fetched.</summary>
/// <remarks>
/// A node of RabbitMQ asks the leader of a quorum queue, gives it 250 milliseconds, and answers 0 when it hears nothing: a 0 that took so long says nothing, and is asked again.
/// (rabbit_quorum_queue:stat/2 of RabbitMQ 3.10.)
/// </remarks>
internal static class QueueDepth
{
    private const int Tries = 20;
    private static readonly TimeSpan Credible = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks; null when the server does not know.</summary>
    public static async Task<long?> AskAsync(IChannel channel, string queue, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        QueueDeclareOk answer = await channel.QueueDeclarePassiveAsync(queue, cancellation).ConfigureAwait(false);
        return answer.MessageCount == 0 && Stopwatch.GetElapsedTime(started) >= Credible ? null : answer.MessageCount;
    }

    /// <summary>Asks until the server knows.</summary>
    /// <param name="server">Whom.</param>
    /// <param name="name">What users call it.</param>
    /// <param name="queue">The queue.</param>
    /// <exception cref="IpcException">Timeout: the server did not know for some seconds.</exception>
    public static long Ask(RabbitServer server, string name, string queue) => server.Ask(name, default, async channel =>
    {
        for (int i = 0; i < Tries; i++)
        {
            if (await AskAsync(channel, queue, default).ConfigureAwait(false) is { } count)
            {
                return count;
            }
        }

        throw new IpcException(IpcErrorKind.Timeout, Messages.ServerQueueWithoutLeader.With(server.Name, name), name);
    });
}
