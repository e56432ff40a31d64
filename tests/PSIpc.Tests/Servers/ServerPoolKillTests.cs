using System.Globalization;

namespace PSIpc.Tests;

/// <summary>
/// Kills of hosts, workers, callers and the server while items run. What is counted are executions: each item writes its number into a file of its worker. PSIPC_TEST_ROUNDS is the number of rounds (1).
/// </summary>
[Collection(ServerCollection.Pools)]
[Trait("Tier", "Long")]
public sealed class ServerPoolKillTests(RabbitBroker broker) : IDisposable
{
    private const int Hosts = 2;
    private readonly string _pool = "kill-" + Guid.NewGuid().ToString("N")[..8];
    private readonly TemporaryFolder _folder = new();
    private readonly List<ScriptProcess> _hosts = [];

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("PSIPC_TEST_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) ? rounds : 1;

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (string victim in new[] { "host", "worker", "caller", "server" })
        {
            foreach (int milliseconds in Rounds == 1 ? [5, 300] : new[] { 1, 5, 20, 300 })
            {
                cases.Add(victim, milliseconds);
            }
        }

        return cases;
    }

    public void Dispose()
    {
        _hosts.ForEach(h => h.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_item_has_one_result_or_one_error_and_none_runs_twice(string victim, int milliseconds)
    {
        for (int round = 1; round <= Rounds; round++)
        {
            Run(victim, milliseconds, round);
        }
    }

    private void Run(string victim, int milliseconds, int round)
    {
        while (_hosts.Count < Hosts)
        {
            StartHost();
        }

        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, $"{round}")).FullName;
        int items = Math.Clamp(4000 / milliseconds, 40, 1500);
        using ScriptProcess caller = StartCaller(folder, items, milliseconds);
        caller.Until("begin");
        var seen = Enumerable.Range(0, items / 4).Select(_ => caller.Next()).ToList();
        switch (victim)
        {
            case "host":
                _hosts[0].Dispose();
                _hosts.RemoveAt(0);
                break;
            case "worker":
                string worker = Path.GetFileName(Directory.GetFiles(folder)[0]);
                System.Diagnostics.Process.GetProcessById(int.Parse(worker, CultureInfo.InvariantCulture)).Kill();
                break;
            case "server":
                broker.Kill();
                broker.StartAgain();
                break;
            default:
                caller.Kill();
                break;
        }

        string what = $"{victim}, {milliseconds} ms, round {round}: ";
        if (victim == "caller")
        {
            // The hosts are free for another caller, and what the killed one had left is not run by anybody.
            using ScriptProcess other = StartCaller(Directory.CreateDirectory(Path.Combine(folder, "other")).FullName, 20, 1);
            other.Until("begin");
            Assert.Equal(20, other.Until("end").Count);
        }
        else
        {
            seen.AddRange(caller.Until("end"));
            string[] numbers = [.. seen.Select(s => s.Split(' ')[1])];
            Assert.True(numbers.Length == items && numbers.Distinct().Count() == items, $"{what}{numbers.Length} of {items}, {numbers.Distinct().Count()} different");
            int failed = seen.Count(s => s.StartsWith("error", StringComparison.Ordinal));
            Assert.True(victim == "server" ? failed == 0 : victim == "worker" ? failed <= 1 : failed * milliseconds <= 400 + milliseconds, $"{what}{failed} failed");
        }

        string[] twice = [.. Directory.GetFiles(folder).SelectMany(File.ReadAllLines).GroupBy(l => l).Where(g => g.Count() > 1).Select(g => g.Key)];
        Assert.True(twice.Length == 0, $"{what}run twice: {string.Join(' ', twice)}");
    }

    private void StartHost()
    {
        var host = new ScriptProcess($"$null = Connect-IpcServer '{broker.FullUri}' -Name work; 'ready'; Start-ProcessPoolWorker work {_pool} -Count 2");
        host.Until("ready");
        _hosts.Add(host);
    }

    private ScriptProcess StartCaller(string folder, int items, int milliseconds) => new($$"""
        $null = Connect-IpcServer '{{broker.FullUri}}' -Name work
        $pool = New-ProcessPool {{_pool}} -Server work
        $folder = '{{folder}}'
        function Show { process { [Console]::WriteLine("result $_") } }
        1..8 | Invoke-ProcessPool { [Threading.Thread]::Sleep(50) } -Pool $pool
        [Console]::WriteLine('begin')
        1..{{items}} | Invoke-ProcessPool -Pool $pool -ErrorVariable lost -ErrorAction SilentlyContinue {
            [IO.File]::AppendAllText("$using:folder/$PID", "$_`n")
            [Threading.Thread]::Sleep({{milliseconds}})
            $_
        } | Show
        foreach ($e in $lost) { [Console]::WriteLine("error $($e.TargetObject) $($e.FullyQualifiedErrorId)") }
        [Console]::WriteLine('end')
        Remove-ProcessPool $pool
        """);
}
