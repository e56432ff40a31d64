using System.Text;
using RabbitMQ.Client;

namespace PSIpc.Tests;

/// <summary>Another program at the same server: the client library by itself.</summary>
internal static class RawClient
{
    public static T Run<T>(RabbitBroker broker, Func<IChannel, Task<T>> work) => RunAsync(broker, work).GetAwaiter().GetResult();

    /// <summary>Sends a text into a queue.</summary>
    public static async Task<bool> PublishAsync(IChannel channel, string queue, string contentType, string text)
    {
        await channel.BasicPublishAsync("", queue, mandatory: true, new BasicProperties { ContentType = contentType }, Encoding.UTF8.GetBytes(text));
        return true;
    }

    /// <summary>The content type of what is sent into a queue meanwhile.</summary>
    public static string? ContentTypeOf(RabbitBroker broker, string queue, Action send) => Run(broker, async channel =>
    {
        send();
        BasicGetResult? got = await channel.BasicGetAsync(queue, autoAck: true);
        return got?.BasicProperties.ContentType;
    });

    private static async Task<T> RunAsync<T>(RabbitBroker broker, Func<IChannel, Task<T>> work)
    {
        var factory = new ConnectionFactory { HostName = "127.0.0.1", Port = broker.Port, UserName = RabbitBroker.User, Password = RabbitBroker.Password };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        return await work(channel);
    }
}
