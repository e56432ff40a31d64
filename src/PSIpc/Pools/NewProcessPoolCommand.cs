using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;
using PSIpc.Core.Pools.Remote;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a pool of worker processes, and returns while they start.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "ProcessPool", DefaultParameterSetName = WorkerCountSet, SupportsShouldProcess = true)]
[OutputType(typeof(ProcessPool))]
public sealed class NewProcessPoolCommand : SessionCmdlet
{
    // Position 0 is the count for a number and the name for a text: the engine tries parameters of the argument's own type first.
    private const string WorkerCountSet = "WorkerCount";
    private const string NameSet = "Name";

    // An object of shared memory has places for 256 processes, the pool's own among them.
    internal const int MostWorkers = 250;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(ParameterSetName = WorkerCountSet)]
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    public string? Name { get; set; }

    /// <summary>The number of workers; by default the number of processors, or inside of a worker its share of them. With <c>-Server</c> the maximum number of items that run at a time; by default there is no maximum.</summary>
    [Parameter(Position = 0, ParameterSetName = WorkerCountSet)]
    [Parameter(Position = 1, ParameterSetName = NameSet)]
    [Alias("Count")]
    [ValidateRange(1, int.MaxValue)]
    public int WorkerCount { get; set; }

    /// <summary>A script block that runs in each worker before its first item, in the scope that items see: functions, classes, connections. <c>$using:</c> takes values from this session. An error in it is the error of every call.</summary>
    [Parameter]
    public ScriptBlock? InitializationScript { get; set; }

    /// <summary>The number of items after which a worker is replaced by a new one, for scripts that leak.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaxTasksPerWorker { get; set; }

    /// <summary>The resident memory in bytes above which a worker is replaced once its item has ended, such as <c>500MB</c>.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaxWorkerMemory { get; set; }

    /// <summary>A server: the pool's workers are those that Start-ProcessPoolWorker offers there, on any machine. What Connect-IpcServer wrote, its name, or its address.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public object? Server { get; set; }

    /// <summary>With <c>-Server</c>, the key of the workers (Start-ProcessPoolWorker -Key). Messages in both directions are signed with it, so that access to the server alone neither gives work to the workers nor takes work from the pool. A SecureString, or a text.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Key { get; set; }

    /// <summary>Makes the pool.</summary>
    protected override void ProcessRecord()
    {
        string name = Name ?? IpcName.MakeUnique("pool");
        if (!ShouldProcess($"process pool '{name}'", "New"))
        {
            return;
        }

        Try(() => WriteObject(Make(IpcName.Check(name))), name);
    }

    private ProcessPool Make(string name)
    {
        if (Key is not null && Server is null)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolKeyWithoutServer);
        }

        if (WorkerCount > MostWorkers && Server is null)
        {
            throw new IpcException(IpcErrorKind.InvalidArgument, Messages.PoolTooManyWorkers.With(WorkerCount, MostWorkers));
        }

        SessionRequest request = Request(PreparedNames.None);
        byte[] setup = PoolSetup.ToBytes(SessionSetup.From(this, InitializationScript, request));
        ProcessPool pool = Server is null
            ? ProcessPool.Create(new WorkerPoolOptions
            {
                Name = name,
                WorkerCount = WorkerCount > 0 ? WorkerCount : PoolShare.Workers,
                MaxTasksPerWorker = MaxTasksPerWorker,
                MaxWorkerMemory = MaxWorkerMemory,
                Setup = setup,
            })
            : ProcessPool.CreateRemote(
                new RemotePoolOptions { Name = name, WorkerCount = WorkerCount, Setup = new RemotePoolSetup(MaxTasksPerWorker, MaxWorkerMemory, setup), Key = PoolKey.Resolve(Key) },
                ServerArgument.Resolve(Server, StopToken));
        pool.Prepared = PreparedNames.Of(InitializationScript);
        BlockHint.WriteInitialization(this, InitializationScript, request);
        return pool;
    }
}
