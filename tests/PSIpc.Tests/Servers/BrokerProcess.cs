using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PSIpc.Tests;

/// <summary>A RabbitMQ server on this machine's loopback, with ports of its own and all its files in a temporary folder.</summary>
internal sealed class BrokerProcess : IDisposable
{
    public const string User = "psipc";
    public const string Password = "a pass/word: 100%";

    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private TemporaryFolder? _folder;
    private Process? _epmd;
    private Process? _broker;
    private int _epmdPort;
    private int _distributionPort;
    private int _port;
    private int _securedPort;

    /// <summary>The certificates of the server and of a client, and of who signed them.</summary>
    internal TestCertificates Certificates { get; private set; } = null!;

    /// <summary>The address of the running server.</summary>
    public string Uri => $"amqp://127.0.0.1:{Port}";

    /// <summary>The address with user and password, as a text for a script.</summary>
    public string FullUri => $"amqp://{User}:{System.Uri.EscapeDataString(Password)}@127.0.0.1:{Port}";

    /// <summary>The port of the running server.</summary>
    public int Port => _port;

    /// <summary>The port for TLS of the running server.</summary>
    public int SecuredPort => _securedPort;

    private string PidFile => Path.Combine(_folder!.Path, "pid");

    /// <summary>Whether one is installed.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Kills the server, as a power cut would.</summary>
    /// <remarks>The program that was started waits for the server, which writes its id down; it ends when the server does.</remarks>
    public void Kill()
    {
        using (var server = Process.GetProcessById(int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture)))
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
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {Program} > '{log}' 2>&1"]);
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

    /// <summary>Has the server do nothing for a time: it is there, and answers nothing.</summary>
    public void Freeze(TimeSpan time)
    {
        string pid = File.ReadAllText(PidFile).Trim();
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

        _epmd?.Kill();
        _epmd?.WaitForExit();
        _epmd?.Dispose();
        _folder?.Dispose();
    }

    private static void Signal(string signal, string pid)
    {
        using Process process = Process.Start("kill", [signal, pid]);
        process.WaitForExit();
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, l => l.Start());
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        Array.ForEach(listeners, l => l.Dispose());
        return ports;
    }

    private void Prepare()
    {
        _folder = new TemporaryFolder();
        if (FreePorts(4) is not [int port, int secured, int epmd, int distribution])
        {
            throw new InvalidOperationException("no ports");
        }

        (_port, _securedPort, _epmdPort, _distributionPort) = (port, secured, epmd, distribution);
        Certificates = new TestCertificates(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "enabled_plugins"), "[].");
        File.WriteAllText(Path.Combine(_folder.Path, "rabbitmq.conf"), $"""
            listeners.tcp.local = 127.0.0.1:{_port}
            listeners.ssl.local = 127.0.0.1:{_securedPort}
            ssl_options.cacertfile = {Certificates.Authority}
            ssl_options.certfile = {Certificates.Server}
            ssl_options.keyfile = {Certificates.ServerKey}
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            default_user = {User}
            default_pass = {Password}
            max_message_size = 33554432
            log.console = false

            """);
        var start = new ProcessStartInfo("epmd", ["-port", $"{_epmdPort}", "-address", "127.0.0.1"]);
        SetEnvironment(start);
        _epmd = Process.Start(start)!;
    }

    private void SetEnvironment(ProcessStartInfo start)
    {
        string folder = _folder!.Path;
        foreach ((string name, string value) in new (string, string)[]
        {
            ("HOME", Directory.CreateDirectory(Path.Combine(folder, "home")).FullName),
            ("ERL_EPMD_PORT", $"{_epmdPort}"),
            ("ERL_EPMD_ADDRESS", "127.0.0.1"),
            ("RABBITMQ_NODENAME", $"psipc-{_port}@localhost"),
            ("RABBITMQ_DIST_PORT", $"{_distributionPort}"),
            ("RABBITMQ_MNESIA_BASE", Path.Combine(folder, "data")),
            ("RABBITMQ_LOG_BASE", Path.Combine(folder, "log")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(folder, "enabled_plugins")),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(folder, "rabbitmq.conf")),
            ("RABBITMQ_CONF_ENV_FILE", Path.Combine(folder, "none")),
            ("RABBITMQ_PID_FILE", PidFile),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"),
        })
        {
            start.Environment[name] = value;
        }
    }

    /// <summary>It takes connections when its port is open.</summary>
    private bool IsUp()
    {
        if (!File.Exists(PidFile))
        {
            return false;
        }

        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
