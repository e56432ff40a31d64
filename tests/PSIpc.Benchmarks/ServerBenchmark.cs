using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using PSIpc.Tests;
using RabbitMQ.Client;

namespace PSIpc.Benchmarks;

/// <summary>A queue on a RabbitMQ server, through cmdlets and methods, beside the client library by itself and the queue in shared memory; all with the same server of the benchmark's own.</summary>
internal static class ServerBenchmark
{
    private const int Messages = 20_000;
    private const int Single = 500;
    private const int Rounds = 3;
    private const int Window = 1024;
    private const int BodyBytes = 5; // what MessagePack makes of an integer

    private const string Script = """
        param([string] $uri, [int] $count, [int] $single)
        $ErrorActionPreference = 'Stop'
        $invariant = [Globalization.CultureInfo]::InvariantCulture
        function Say($what, $messages, $clock) { [Console]::WriteLine("$what " + ($messages / $clock.Elapsed.TotalSeconds).ToString($invariant)) }
        $server = Connect-IpcServer $uri -Name benchmark
        $remote = New-IpcQueue -Server benchmark
        $local = New-IpcQueue -Capacity 64MB
        $clock = [Diagnostics.Stopwatch]::new()
        foreach ($round in 0..3) {
            foreach ($where in 'server', 'local') {
                $q = $where -eq 'server' ? $remote : $local
                $clock.Restart(); 1..$count | Send-IpcMessage $q; if ($round) { Say "$where-send" $count $clock }
                $clock.Restart(); $null = Receive-IpcMessage $q -Count $count; if ($round) { Say "$where-receive" $count $clock }
                $clock.Restart(); for ($i = 0; $i -lt $single; $i++) { $q.Send($i) }; if ($round) { Say "$where-send-method" $single $clock }
                $clock.Restart(); for ($i = 0; $i -lt $single; $i++) { $null = $q.Receive() }; if ($round) { Say "$where-receive-method" $single $clock }
            }
        }
        Remove-IpcQueue $remote; Remove-IpcQueue $local
        """;

    public static void Run()
    {
        Figures.Heading($"A queue on a RabbitMQ server of this machine: {Messages:N0} integers, the median of {Rounds}");
        if (!BrokerProcess.IsInstalled)
        {
            Console.WriteLine("  rabbitmq-server is not there");
            return;
        }

        using var broker = new BrokerProcess();
        broker.Start();
        Dictionary<string, double> bare = RunBareAsync(broker).GetAwaiter().GetResult();
        ILookup<string, double> ours = RunScript(broker);
        foreach ((string key, string what) in new[]
        {
            ("send", "Send-IpcMessage, confirmed"),
            ("receive", "Receive-IpcMessage -Count"),
            ("send-method", "$q.Send(), one by one"),
            ("receive-method", "$q.Receive(), one by one"),
        })
        {
            Figures.Row(what, "messages/s", moreIsBetter: true, Median(ours["server-" + key]), ("the client library by itself", bare[key]), ("our queue in shared memory", Median(ours["local-" + key])));
        }
    }

    /// <summary>The same by the client library: confirmations pipelined in the same window, acknowledgements 16 at a time and the same number ahead.</summary>
    private static async Task<Dictionary<string, double>> RunBareAsync(BrokerProcess broker)
    {
        var factory = new ConnectionFactory { HostName = "127.0.0.1", Port = broker.Port, UserName = BrokerProcess.User, Password = BrokerProcess.Password };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));
        await channel.QueueDeclareAsync("bare", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        var figures = new Dictionary<string, List<double>> { ["send"] = [], ["receive"] = [], ["send-method"] = [], ["receive-method"] = [] };
        ulong confirmed = 0;
        ulong sent = 0;
        var progress = new SemaphoreSlim(0);
        channel.BasicAcksAsync += (_, e) =>
        {
            Volatile.Write(ref confirmed, e.DeliveryTag);
            progress.Release();
            return Task.CompletedTask;
        };
        for (int round = 0; round <= Rounds; round++)
        {
            Note("send", Messages, await SendAsync(Messages, Window), round);
            Note("receive", Messages, await ReceiveAsync(channel), round);
            Note("send-method", Single, await SendAsync(Single, 1), round);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Single; i++)
            {
                BasicGetResult got = (await channel.BasicGetAsync("bare", autoAck: false))!;
                await channel.BasicAckAsync(got.DeliveryTag, multiple: false);
            }

            Note("receive-method", Single, Stopwatch.GetElapsedTime(start), round);
        }

        await channel.QueueDeleteAsync("bare");
        return figures.ToDictionary(f => f.Key, f => Median(f.Value));

        void Note(string what, int messages, TimeSpan time, int round)
        {
            if (round > 0)
            {
                figures[what].Add(messages / time.TotalSeconds);
            }
        }

        async Task<TimeSpan> SendAsync(int count, int window)
        {
            long start = Stopwatch.GetTimestamp();
            byte[] body = new byte[BodyBytes];
            for (int i = 0; i < count; i++)
            {
                await channel.BasicPublishAsync("", "bare", mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent }, body);
                await Confirmed(++sent - Math.Min(sent, (ulong)window - 1));
            }

            await Confirmed(sent);
            return Stopwatch.GetElapsedTime(start);
        }

        async Task Confirmed(ulong number)
        {
            while (Volatile.Read(ref confirmed) < number)
            {
                await progress.WaitAsync();
            }
        }
    }

    private static async Task<TimeSpan> ReceiveAsync(IChannel channel)
    {
        const int Ahead = 256;
        const int Together = 16;
        var done = new TaskCompletionSource();
        int received = 0;
        await channel.BasicQosAsync(0, Ahead, global: false);
        var consumer = new global::RabbitMQ.Client.Events.AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, e) =>
        {
            if (++received % Together == 0 || received == Messages)
            {
                await channel.BasicAckAsync(e.DeliveryTag, multiple: true);
            }

            if (received == Messages)
            {
                done.SetResult();
            }
        };
        long start = Stopwatch.GetTimestamp();
        string tag = await channel.BasicConsumeAsync("bare", autoAck: false, consumer);
        await done.Task;
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        await channel.BasicCancelAsync(tag);
        return time;
    }

    private static ILookup<string, double> RunScript(BrokerProcess broker)
    {
        string host = typeof(ServerBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "HostPath").Value!;
        string script = Path.Combine(Path.GetTempPath(), $"psipc-benchmark-{Environment.ProcessId}.ps1");
        File.WriteAllText(script, Script);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(host, [script, broker.FullUri, $"{Messages}", $"{Single}"]) { RedirectStandardOutput = true })!;
            ILookup<string, double> figures = process.StandardOutput.ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .ToLookup(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));
            process.WaitForExit();
            return figures;
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted[sorted.Length / 2];
    }
}
