using System.Management.Automation;
using System.Runtime.InteropServices;
using PSIpc.Core;
using PSIpc.Core.Pools.Remote;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Offers worker processes of this machine to process pools on a server until it is stopped; then it completes their items.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "ProcessPoolWorker", SupportsShouldProcess = true)]
public sealed class StartProcessPoolWorkerCommand : IpcCmdlet
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _leaving = new();

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

    /// <summary>The key of the pool: workers accept only messages that are signed with it. A SecureString, or a text; two of them while the key is being changed.</summary>
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

            var options = new PoolHostOptions { Pool = IpcName.Check(Pool), Slots = Count, Keys = PoolKey.ResolveAll(Key) };
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                Leave();
            });
            using var workers = new HostWorkers(Count, Greeting());
            IMessageTransport transport = server.Connection.OpenTransport(options.Pool, Guid.Empty);
            using var host = new PoolHost(options, transport, workers.Take, TimeProvider.System);
            WriteVerbose($"{Count} workers serve process pool '{Pool}' on {server.Uri}.");
            WaitUntilDrained(host);
            transport.CloseAsync().Wait(CloseTime);
        },
        Pool);

    /// <summary>Has the workers take no more, and finish what they have.</summary>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        Leave();
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

    /// <summary>Serves until it is to leave, then until what runs has ended, for as long as that may take.</summary>
    private void WaitUntilDrained(PoolHost host)
    {
        int callers = 0;
        while (!_leaving.IsCancellationRequested && !host.Drained.IsCompleted)
        {
            WaitHandle.WaitAny([_leaving.Token.WaitHandle, ((IAsyncResult)host.Drained).AsyncWaitHandle], LookInterval);
            if (host.Callers is var now && now != callers)
            {
                callers = now;
                WriteVerbose(callers == 1 ? "Workers serve 1 caller." : $"Workers serve {callers:N0} callers.");
            }
        }

        host.Drain();
        Task.WaitAny([host.Drained], DrainTimeout);
        if (host.Drained.Exception?.InnerException is { } failure && !StopToken.IsCancellationRequested)
        {
            throw failure as IpcException ?? new IpcException(IpcErrorKind.PeerGone, Messages.PoolWorkerCannotGoOn.With(Pool, failure.Message), Pool, failure);
        }
    }

    private void Leave()
    {
        try
        {
            _leaving.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has left.
        }
    }
}
