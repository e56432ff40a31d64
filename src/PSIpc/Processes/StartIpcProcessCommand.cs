using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Starts a process that runs a script block, and returns at once with an object that is a Job too.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "IpcProcess")]
[OutputType(typeof(IpcProcess))]
public sealed class StartIpcProcessCommand : IpcCmdlet
{
    /// <summary>What the process runs. <c>$using:</c> takes values from this session.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The arguments of the script block, by position.</summary>
    [Parameter(Position = 1)]
    [Alias("Args")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ArgumentList { get; set; }

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Runs in the process before the script block, and in the same scope: functions, classes, settings.</summary>
    [Parameter]
    public ScriptBlock? InitializationScript { get; set; }

    /// <summary>Modules to import first: names, or paths.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ModuleNameCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>Functions of this session that the process shall have.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FunctionNameCompleter))]
    public string[] Function { get; set; } = [];

    /// <summary>The folder in which it starts; the present one when it is not given.</summary>
    [Parameter]
    public string? WorkingDirectory { get; set; }

    /// <summary>Environment variables to set, beside this session's; a null value takes one away.</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <summary>Let it go on when this session ends, and when its terminal closes.</summary>
    [Parameter]
    public SwitchParameter Detached { get; set; }

    /// <summary>Starts the process.</summary>
    protected override void ProcessRecord()
    {
        SessionSetup setup;
        try
        {
            setup = SessionSetup.From(this, Module, Function, InitializationScript);
        }
        catch (IpcException e)
        {
            ThrowTerminatingError(IpcErrorRecord.From(e));
            return;
        }

        var task = new ProcessTask
        {
            Script = ScriptBlock.ToString(),
            Arguments = ArgumentList ?? [],
            Using = UsingValues.Collect(ScriptBlock, this),
            Setup = setup,
            IsDetached = Detached,
        };
        Try(
            () =>
            {
                var process = IpcProcess.Start(new IpcProcessStartInfo
                {
                    Name = Name is null ? IpcName.MakeUnique("process") : IpcName.Check(Name),
                    Task = task,
                    WorkingDirectory = WorkingDirectory is null
                        ? SessionState.Path.CurrentFileSystemLocation.Path
                        : SessionState.Path.GetUnresolvedProviderPathFromPSPath(WorkingDirectory),
                    Environment = Environment,
                    StopGracePeriod = PoolPreference.Of(this).StopGracePeriod ?? PoolPreference.DefaultGracePeriod,
                }, StopToken);
                process.AddTo(JobRepository);
                WriteVerbose($"Started process {process.ProcessId} for '{process.Name}'.");
                WriteObject(process);
            },
            Name);
    }
}
