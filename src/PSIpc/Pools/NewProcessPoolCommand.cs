using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Pools;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Makes a pool of worker processes, which start side by side while this returns.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "ProcessPool", SupportsShouldProcess = true)]
[OutputType(typeof(ProcessPool))]
public sealed class NewProcessPoolCommand : IpcCmdlet
{
    // An object of shared memory has places for 256 processes, the pool's own among them.
    internal const int MostWorkers = 250;

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter(Position = 0)]
    public string? Name { get; set; }

    /// <summary>The number of workers: as many as there are processors when it is not given, or this worker's share of them inside a worker.</summary>
    [Parameter]
    [Alias("Count")]
    [ValidateRange(1, MostWorkers)]
    public int WorkerCount { get; set; }

    /// <summary>Runs in each worker before its first item, in the scope that items see: functions, classes, connections. An error in it is the error of every call.</summary>
    [Parameter]
    public ScriptBlock? InitializationScript { get; set; }

    /// <summary>Modules that each worker imports first: names, or paths.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ModuleNameCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>Functions of this session that the workers shall have.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FunctionNameCompleter))]
    public string[] Function { get; set; } = [];

    /// <summary>Items after which a worker is replaced by a new one; for scripts that leak.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaxTasksPerWorker { get; set; }

    /// <summary>Bytes of resident memory above which a worker is replaced, after the item that it runs: <c>500MB</c>.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaxWorkerMemory { get; set; }

    /// <summary>Makes the pool.</summary>
    protected override void ProcessRecord()
    {
        string name = Name ?? IpcName.MakeUnique("pool");
        if (!ShouldProcess($"process pool '{name}'", "New"))
        {
            return;
        }

        Try(
            () => WriteObject(ProcessPool.Create(new WorkerPoolOptions
            {
                Name = IpcName.Check(name),
                WorkerCount = WorkerCount > 0 ? WorkerCount : PoolShare.Workers,
                MaxTasksPerWorker = MaxTasksPerWorker,
                MaxWorkerMemory = MaxWorkerMemory,
                Setup = PoolSetup.ToBytes(SessionSetup.From(this, Module, Function, InitializationScript)),
            })),
            name);
    }
}
