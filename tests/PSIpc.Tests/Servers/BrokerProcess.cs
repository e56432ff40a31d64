using System.Diagnostics;
using System.Globalization;

namespace PSIpc.Tests;

/// <summary>A RabbitMQ server with ports of its own and all its files in a temporary folder; on this machine's loopback unless it is told else.</summary>
/// <param name="network">Where it runs and listens; null for this machine's loopback.</param>
/// <param name="erlang">What it shares with the other nodes of its cluster; null for a server of one node.</param>
internal sealed class BrokerProcess(BrokerNetwork? network = null, ErlangPeers? erlang = null) : IDisposable
{
    public const string User = "psipc";
    public const string Password = "a pass/word: 100%";

    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private const string ControlProgram = "/usr/lib/rabbitmq/bin/rabbitmqctl";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly BrokerNetwork _network = network ?? BrokerNetwork.Loopback;
    private readonly bool _isAlone = erlang is null;
    private readonly int[] _ports = FreePorts.Find(3);
    private ErlangPeers? _erlang = erlang;
    private TemporaryFolder? _folder;
    private Process? _broker;

    /// <summary>The certificates of the server and of a client, and of who signed them.</summary>
    internal TestCertificates Certificates { get; private set; } = null!;

    /// <summary>The name that the nodes of a cluster call it by.</summary>
    public string NodeName => $"psipc-{Port}@localhost";

    /// <summary>The nodes of the cluster that it is to join, if they are there.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>The address of the running server.</summary>
    public string Uri => $"amqp://{_network.Address}:{Port}";

    /// <summary>The address with user and password, as a text for a script.</summary>
    public string FullUri => $"amqp://{User}:{System.Uri.EscapeDataString(Password)}@{_network.Address}:{Port}";

    /// <summary>The port of the running server.</summary>
    public int Port => _ports[0];

    /// <summary>The port for TLS of the running server.</summary>
    public int SecuredPort => _ports[1];

    /// <summary>The id of the server's process.</summary>
    public int ProcessId => int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);

    private string PidFile => Path.Combine(_folder!.Path, "pid");

    /// <summary>Whether one is installed.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Kills the server, as a power cut would.</summary>
    /// <remarks>The program that was started waits for the server, which writes its id down; it ends when the server does.</remarks>
    public void Kill()
    {
        using (var server = Process.GetProcessById(ProcessId))
        {
            server.Kill();
        }

        _broker!.WaitForExit();
        _broker.Dispose();
        _broker = null;
        File.Delete(PidFile);
    }

    /// <summary>Starts the server, or starts it again with what it had on disk.</summary>
    public void Start()
    {
        if (_folder is null)
        {
            Prepare();
        }

        string log = Path.Combine(_folder!.Path, "output");
        ProcessStartInfo start = _network.Start("/bin/sh", "-c", $"exec {Program} > '{log}' 2>&1");
        SetEnvironment(start);
        _broker = Process.Start(start)!;
        for (var clock = Stopwatch.StartNew(); !IsUp(); Thread.Sleep(50))
        {
            if (_broker.HasExited || clock.Elapsed > Longest)
            {
                throw new InvalidOperationException($"The server does not start: {File.ReadAllText(log)}");
            }
        }
    }

    /// <summary>Asks the server by its own tool; the lines of the answer, in columns.</summary>
    public List<string[]> Ask(params string[] question)
    {
        ProcessStartInfo start = _network.Start(ControlProgram, ["--quiet", "--node", NodeName, .. question, .. question[0].StartsWith("list_", StringComparison.Ordinal) ? ["--no-table-headers"] : Array.Empty<string>()]);
        SetEnvironment(start);
        start.RedirectStandardOutput = true;
        using Process process = Process.Start(start)!;
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t'))]
            : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', question)}: {answer}");
    }

    /// <summary>Has the server do nothing for a time: it is there, and answers nothing.</summary>
    public void Freeze(TimeSpan time)
    {
        string pid = $"{ProcessId}";
        Signal("-STOP", pid);
        try
        {
            Thread.Sleep(time);
        }
        finally
        {
            Signal("-CONT", pid);
        }
    }

    public void Dispose()
    {
        if (_broker is not null)
        {
            Kill();
        }

        if (_isAlone)
        {
            _erlang?.Dispose();
        }

        _folder?.Dispose();
    }

    private static void Signal(string signal, string pid)
    {
        using Process process = Process.Start("kill", [signal, pid]);
        process.WaitForExit();
    }

    private void Prepare()
    {
        _folder = new TemporaryFolder();
        _erlang ??= new ErlangPeers(_network);
        Certificates = new TestCertificates(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "enabled_plugins"), "[].");
        string peers = Peers.Count == 0 ? "" : "cluster_formation.peer_discovery_backend = classic_config\n" +
            string.Concat(Peers.Select((p, i) => $"cluster_formation.classic_config.nodes.{i + 1} = {p}\n"));
        File.WriteAllText(Path.Combine(_folder.Path, "rabbitmq.conf"), $"""
            listeners.tcp.local = {_network.Address}:{Port}
            listeners.ssl.local = {_network.Address}:{SecuredPort}
            ssl_options.cacertfile = {Certificates.Authority}
            ssl_options.certfile = {Certificates.Server}
            ssl_options.keyfile = {Certificates.ServerKey}
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            default_user = {User}
            default_pass = {Password}
            max_message_size = 33554432
            log.console = false
            {peers}
            """);
    }

    private void SetEnvironment(ProcessStartInfo start)
    {
        string folder = _folder!.Path;
        _erlang!.SetEnvironment(start);
        foreach ((string name, string value) in new (string, string)[]
        {
            ("RABBITMQ_NODENAME", NodeName),
            ("RABBITMQ_DIST_PORT", $"{_ports[2]}"),
            ("RABBITMQ_MNESIA_BASE", Path.Combine(folder, "data")),
            ("RABBITMQ_LOG_BASE", Path.Combine(folder, "log")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(folder, "enabled_plugins")),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(folder, "rabbitmq.conf")),
            ("RABBITMQ_CONF_ENV_FILE", Path.Combine(folder, "none")),
            ("RABBITMQ_PID_FILE", PidFile),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"),
        })
        {
            start.Environment[name] = value;
        }
    }

    /// <summary>It takes connections when it listens at its port: a line of its network's table of sockets, with the state 0A (proc(5), net/tcp).</summary>
    private bool IsUp()
    {
        try
        {
            return File.Exists(PidFile) && File.ReadLines($"/proc/{ProcessId}/net/tcp").Any(line => line.Contains($":{Port:X4} 00000000:0000 0A", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            return false; // It is writing its id down, or has ended.
        }
    }
}
