using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace PSIpc.Benchmarks;

/// <summary>A message and its reply between two connections of one process, by the client library alone: what a call over a server is measured against.</summary>
internal static class BareRoundTrip
{
    private const int Rounds = 300;

    /// <summary>The median of the round trips in milliseconds.</summary>
    public static double Measure(string uri) => MeasureAsync(uri).GetAwaiter().GetResult();

    private static async Task<double> MeasureAsync(string uri)
    {
        var factory = new ConnectionFactory { Uri = new Uri(uri) };
        await using IConnection asking = await factory.CreateConnectionAsync();
        await using IConnection answering = await factory.CreateConnectionAsync();
        await using IChannel ask = await asking.CreateChannelAsync();
        await using IChannel answer = await answering.CreateChannelAsync();
        string questions = (await ask.QueueDeclareAsync("", durable: false, exclusive: false, autoDelete: true)).QueueName;
        string answers = (await ask.QueueDeclareAsync("", durable: false, exclusive: false, autoDelete: true)).QueueName;
        var replied = new SemaphoreSlim(0);
        var responder = new AsyncEventingBasicConsumer(answer);
        responder.ReceivedAsync += async (_, e) => await answer.BasicPublishAsync("", answers, e.Body.ToArray());
        await answer.BasicConsumeAsync(questions, autoAck: true, responder);
        var receiver = new AsyncEventingBasicConsumer(ask);
        receiver.ReceivedAsync += (_, _) =>
        {
            replied.Release();
            return Task.CompletedTask;
        };
        await ask.BasicConsumeAsync(answers, autoAck: true, receiver);
        var times = new List<double>();
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await ask.BasicPublishAsync("", questions, new byte[100]);
            await replied.WaitAsync();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times.Order().ElementAt(Rounds / 2);
    }
}
