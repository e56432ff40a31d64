namespace PSIpc.Tests;

/// <summary>A pool over several hosts of a network, one of which is cut off.</summary>
[Trait("Tier", "Long")]
public sealed class ServerNetworkTests
{
    private const int Hosts = 3;
    private const int Items = 240;

    [Fact]
    public void A_host_that_is_cut_off_costs_nothing_that_is_run_again_and_works_on_when_it_is_back()
    {
        Assert.SkipUnless(BrokerProcess.IsInstalled, "rabbitmq-server is not on this machine");
        using var network = NetworkHosts.Make(Hosts);
        using var broker = new BrokerProcess(network.Hub);
        broker.Start();
        string connect = $"$server = Connect-IpcServer '{broker.FullUri}' -Name work; ";
        ScriptProcess[] workers =
        [
            .. Enumerable.Range(1, Hosts).Select(host => new ScriptProcess(
                (program, arguments) => network.Start(host, program, arguments),
                connect + "Start-ProcessPoolWorker work render -Count 1 -Key 'the same on all hosts'",
                ("PSIPC_TEST_HOST", $"{host}"))),
        ];
        try
        {
            using var caller = new ScriptProcess(network.Hub.Start, connect + $$"""
                $pool = New-ProcessPool render -Server work -WorkerCount {{Hosts}} -Key 'the same on all hosts'
                function Wait-ForAllHosts {
                    do {
                        $seen = @{}
                        1..12 | Invoke-ProcessPool { [Threading.Thread]::Sleep(100); $env:PSIPC_TEST_HOST } -Pool $pool -RetryCount 2 | ForEach-Object { $seen[$_] = 1 }
                    } until ($seen.Count -eq {{Hosts}})
                }
                Wait-ForAllHosts
                'begin'
                1..{{Items}} | Invoke-ProcessPool { [Threading.Thread]::Sleep(100); "$_ $env:PSIPC_TEST_HOST" } -Pool $pool -RetryCount 2
                'end'
                Wait-ForAllHosts
                'back'
                """);
            caller.Until("begin");
            var results = Enumerable.Range(0, Items / 4).Select(_ => caller.Next()).ToList();
            network.CutOff(2);
            results.AddRange(caller.Until("end"));

            Assert.Equal(Enumerable.Range(1, Items).Select(i => $"{i}"), results.Select(r => r.Split(' ')[0]));
            Assert.Equal(["1", "2", "3"], results.Take(Items / 4).Select(r => r.Split(' ')[1]).Distinct().Order());
            Assert.Equal(["1", "3"], results.TakeLast(Items / 8).Select(r => r.Split(' ')[1]).Distinct().Order());

            network.Reconnect(2);
            caller.Until("back");
        }
        finally
        {
            Array.ForEach(workers, w => w.Dispose());
        }
    }
}
