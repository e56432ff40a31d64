using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools.Far;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Offers worker processes of this machine to process pools on a server until it is stopped; then it completes their items.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "ProcessPoolWorker", SupportsShouldProcess = true)]
public sealed class StartProcessPoolWorkerCommand : IpcCmdlet
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _leaving = new();
    private readonly List<(Thread Thread, FarHost Host)> _hosts = [];
    private volatile Exception? _failure;

    /// <summary>The server: what Connect-IpcServer wrote, its name, or its address.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object Server { get; set; } = "";

    /// <summary>The pool's name, as New-ProcessPool -Server has it. Workers run only the calls of pools with this name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(PoolNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Pool { get; set; } = "";

    /// <summary>The number of worker processes; by default the number of processors.</summary>
    [Parameter]
    [ValidateRange(1, NewProcessPoolCommand.MostWorkers)]
    public int Count { get; set; } = Environment.ProcessorCount;

    /// <summary>The key of the pool: workers accept only messages that are signed with it. A SecureString, or a text.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Key { get; set; }

    /// <summary>When the cmdlet is stopped, the time that running items may take to end before their workers are killed, in seconds or as a TimeSpan (one minute).</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Serves until it is stopped.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            IpcServer server = ServerArgument.Resolve(Server, StopToken);
            if (!ShouldProcess($"process pool '{Pool}' on {server.Uri}", $"Offer {Count} workers"))
            {
                return;
            }

            var settings = new FarSettings { Pool = IpcName.Check(Pool), Key = PoolKey.Resolve(Key) };
            var program = new WorkerProgram(null, null, PoolShare.VariablesFor(Count));
            byte[] greeting = Greeting();
            IMailExchange mail = server.Connection.OpenMail();
            for (int i = 0; i < Count; i++)
            {
                var host = new FarHost(mail, settings, program, greeting);
                var thread = new Thread(() => Serve(host)) { IsBackground = true, Name = $"PSIpc pool worker {i + 1}" };
                _hosts.Add((thread, host));
                thread.Start();
            }

            WriteVerbose($"{Count} workers serve process pool '{Pool}' on {server.Uri}.");
            WaitUntilAllHaveLeft();
            if (_failure is { } failure && !StopToken.IsCancellationRequested)
            {
                throw failure as IpcException ?? new IpcException(IpcErrorKind.PeerGone, Messages.PoolWorkerCannotGoOn.With(Pool, failure.Message), Pool, failure);
            }
        },
        Pool);

    /// <summary>Has the workers take no more, and finish what they have.</summary>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        _leaving.Cancel();
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    /// <param name="disposing">True when called by Dispose.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _leaving.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>What workers are told before they have a pool: the servers of this session, through which they open what calls bring along.</summary>
    private static byte[] Greeting()
    {
        MessageBuffer buffer = MessageBuffer.Rent();
        try
        {
            IpcServers.WriteInheritance(buffer);
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    private void WaitUntilAllHaveLeft()
    {
        var shown = new int[_hosts.Count];
        while (_hosts.Exists(h => h.Thread.IsAlive))
        {
            if (_leaving.IsCancellationRequested)
            {
                DateTime end = DateTime.UtcNow + DrainTimeout;
                foreach ((Thread thread, FarHost host) in _hosts)
                {
                    TimeSpan left = end - DateTime.UtcNow;
                    if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
                    {
                        host.Kill();
                        thread.Join();
                    }
                }

                return;
            }

            _leaving.Token.WaitHandle.WaitOne(LookInterval);
            for (int i = 0; i < _hosts.Count && !_leaving.IsCancellationRequested; i++)
            {
                if (_hosts[i].Host.Sessions is var sessions && sessions != shown[i])
                {
                    shown[i] = sessions;
                    WriteVerbose($"Worker {i + 1} has served {sessions:N0} times.");
                }
            }
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of its own: the cmdlet says what it was.")]
    private void Serve(FarHost host)
    {
        try
        {
            host.Run(_leaving.Token);
        }
        catch (Exception e)
        {
            _failure = e;
            _leaving.Cancel();
        }
    }
}
