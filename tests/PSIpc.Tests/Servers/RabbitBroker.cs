namespace PSIpc.Tests;

/// <summary>The server that tests share; it is started when the first of them asks for it. They are skipped where none is installed.</summary>
public sealed class RabbitBroker : IDisposable
{
    public const string User = BrokerProcess.User;
    public const string Password = BrokerProcess.Password;

    private readonly Lazy<BrokerProcess> _process = new(Start);

    /// <summary>The certificates of the server and of a client, and of who signed them.</summary>
    internal TestCertificates Certificates => Process.Certificates;

    /// <summary>The address of the running server.</summary>
    public string Uri => Process.Uri;

    /// <summary>The address with user and password, as a text for a script.</summary>
    public string FullUri => Process.FullUri;

    public int Port => Process.Port;

    /// <summary>The port for TLS.</summary>
    public int SecuredPort => Process.SecuredPort;

    private BrokerProcess Process
    {
        get
        {
            Assert.SkipUnless(BrokerProcess.IsInstalled, "rabbitmq-server is not on this machine");
            return _process.Value;
        }
    }

    /// <summary>Waits until a queue that was just made outlives a kill of its server.</summary>
    /// <remarks>
    /// RabbitMQ 3.10 finds a quorum queue after its start by a table (Erlang's dets) that is written to its file up to 3 seconds late: a single node that is
    /// killed before has the queue, but neither confirms nor delivers anything for it afterwards.
    /// </remarks>
    public static void Settle() => Thread.Sleep(TimeSpan.FromSeconds(5));

    /// <summary>Kills the server, as a power cut would.</summary>
    public void Kill() => Process.Kill();

    /// <summary>Starts the server again with what it had on disk.</summary>
    public void StartAgain() => Process.Start();

    /// <summary>Asks the server by its own tool, rabbitmqctl; the lines of the answer, in columns.</summary>
    public List<string[]> Ask(params string[] question) => Process.Ask(question);

    /// <summary>Has the server answer nothing for a time.</summary>
    public void Freeze(TimeSpan time) => Process.Freeze(time);

    public void Dispose()
    {
        if (_process.IsValueCreated)
        {
            _process.Value.Dispose();
        }
    }

    private static BrokerProcess Start()
    {
        var process = new BrokerProcess();
        process.Start();
        return process;
    }
}
