using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PSIpc.Tests;

/// <summary>What docs/many-machines.md says to an administrator, as it stands there.</summary>
[Collection(ServerCollection.Channels)]
[Trait("Tier", "Long")]
public sealed partial class ServerOperationTests(RabbitBroker broker) : IDisposable
{
    private static readonly string Page = File.ReadAllText(Path.Combine(TestPaths.Repository, "docs", "many-machines.md"));
    private readonly string _name = "o-" + Guid.NewGuid().ToString("N")[..12];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_users_of_the_page_can_do_what_a_pool_needs_and_no_more()
    {
        MatchCollection users = Permissions().Matches(Page);
        Assert.Equal(["render-caller", "render-host"], users.Select(u => u.Groups["user"].Value));
        foreach (Match user in users)
        {
            broker.Ask("add_user", user.Groups["user"].Value, "secret-of-it");
            broker.Ask(["set_permissions", user.Groups["user"].Value, .. user.Groups["right"].Captures.Select(c => c.Value)]);
        }

        try
        {
            using ScriptProcess host = Start("render-host", $"'ready'; Start-ProcessPoolWorker work {_name} -Count 2");
            host.Until("ready");
            using ScriptProcess caller = Start("render-caller", $$"""
                $pool = New-ProcessPool {{_name}} -Server work
                "$(1..50 | Invoke-ProcessPool { $_ } -Pool $pool | Measure-Object -Sum | ForEach-Object Sum)"
                1..20 | ForEach-Object { Start-ProcessPoolTask { [Threading.Thread]::Sleep(60000) } -Pool $pool } | Stop-ProcessPoolTask
                Remove-ProcessPool $pool
                $null = New-IpcQueue {{_name}} -Server work -ErrorAction SilentlyContinue -ErrorVariable refused
                "$($refused[0].FullyQualifiedErrorId)"
                """);
            Assert.Equal("1275", caller.Next());
            Assert.StartsWith("IpcPermissionDenied", caller.Next(), StringComparison.Ordinal);
        }
        finally
        {
            foreach (Match user in users)
            {
                broker.Ask("delete_user", user.Groups["user"].Value);
            }
        }
    }

    [Fact]
    public void The_unit_file_of_the_page_is_one()
    {
        const string Checker = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Checker), "systemd-analyze is not on this machine");
        string unit = UnitFile().Match(Page).Groups["unit"].Value;
        string file = Path.Combine(_folder.Path, "psipc-worker.service");
        File.WriteAllText(file, unit.Replace("/usr/bin/pwsh", TestPaths.Host, StringComparison.Ordinal).Replace("User=render", "User=root", StringComparison.Ordinal));
        using var check = Process.Start(new ProcessStartInfo(Checker, ["verify", "--man=no", file]) { RedirectStandardError = true })!;
        string said = check.StandardError.ReadToEnd();
        check.WaitForExit();
        Assert.DoesNotContain(said.Split('\n'), l => l.Contains("psipc-worker.service", StringComparison.Ordinal));
        Assert.Equal(0, check.ExitCode);
    }

    [Fact]
    public void A_fleet_is_started_over_ssh_in_one_line_and_serves_until_its_session_ends()
    {
        const string Server = "/usr/sbin/sshd";
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists(Server) && File.Exists("/usr/bin/ssh"), "sshd is not on this machine, or this user may not run it");
        Directory.CreateDirectory("/run/sshd");
        string key = NewKey("user");
        File.Copy(key + ".pub", Path.Combine(_folder.Path, "authorized"));
        int port = FreePorts.Find(1)[0];
        string configuration = Path.Combine(_folder.Path, "sshd_config");
        File.WriteAllText(configuration, $"""
            ListenAddress 127.0.0.1:{port}
            HostKey {NewKey("host")}
            AuthorizedKeysFile {Path.Combine(_folder.Path, "authorized")}
            StrictModes no
            UsePAM no
            PidFile none
            Subsystem powershell {TestPaths.Host} -sshs -NoLogo -NoProfile
            """);
        using var sshd = Process.Start(new ProcessStartInfo(Server, ["-D", "-q", "-f", configuration]))!;
        try
        {
            using var caller = new ScriptProcess($$"""
                $uri = '{{broker.FullUri}}'
                $options = @{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }
                $machines = '127.0.0.1', 'localhost'
                $fleet = Invoke-Command -HostName $machines -UserName {{Environment.UserName}} -Port {{port}} -KeyFilePath '{{key}}' -Options $options {
                    $null = Connect-IpcServer $using:uri -Name work; Start-ProcessPoolWorker work {{_name}} -Count 1
                } -AsJob
                $null = Connect-IpcServer $uri -Name work
                $pool = New-ProcessPool {{_name}} -Server work
                do { $seen = @(1..8 | Invoke-ProcessPool { [Threading.Thread]::Sleep(100); $PID } -Pool $pool | Sort-Object -Unique).Count } until ($seen -eq 2)
                "$seen machines"
                Stop-Job $fleet; Remove-Job $fleet -Force
                Remove-ProcessPool $pool
                'stopped'
                """);
            Assert.Equal("2 machines", caller.Next());
            Assert.Equal("stopped", caller.Next());
            bool isGone = false;
            for (var clock = Stopwatch.StartNew(); !isGone && clock.Elapsed < TimeSpan.FromMinutes(1); Thread.Sleep(100))
            {
                isGone = !broker.Ask("list_queues", "name").Any(q => q[0].StartsWith("psipc.hosts", StringComparison.Ordinal));
            }

            Assert.True(isGone, "the queue of a host goes with the host");
        }
        finally
        {
            sshd.Kill();
            sshd.WaitForExit();
        }
    }

    private string NewKey(string name)
    {
        string file = Path.Combine(_folder.Path, name);
        using Process generate = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
        generate.WaitForExit();
        return file;
    }

    private ScriptProcess Start(string user, string script) =>
        new($"$null = Connect-IpcServer 'amqp://{user}:secret-of-it@127.0.0.1:{broker.Port}' -Name work; {script}");

    [GeneratedRegex(@"^rabbitmqctl set_permissions (?<user>\S+)(?:\s+'(?<right>[^']*)'){3}", RegexOptions.Multiline)]
    private static partial Regex Permissions();

    [GeneratedRegex(@"```ini\n# /etc/systemd/system/psipc-worker.service\n(?<unit>.*?)```", RegexOptions.Singleline)]
    private static partial Regex UnitFile();
}
