using System.Collections;
using System.Collections.Specialized;
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
        OrderedDictionary functions = FunctionTexts();
        var task = new ProcessTask
        {
            Script = ScriptBlock.ToString(),
            Arguments = ArgumentList ?? [],
            Using = UsingValues.Collect(ScriptBlock, this),
            InitializationScript = InitializationScript?.ToString(),
            Modules = Array.ConvertAll(Module, ResolveModule),
            Functions = functions,
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
                });
                JobRepository.Add(process);
                WriteVerbose($"Started process {process.ProcessId} for '{process.Name}'.");
                WriteObject(process);
            },
            Name);
    }

    private OrderedDictionary FunctionTexts()
    {
        var texts = new OrderedDictionary();
        foreach (string name in Function)
        {
            if (InvokeCommand.GetCommand(name, CommandTypes.Function | CommandTypes.Filter) is FunctionInfo found)
            {
                texts[name] = found.Definition;
            }
            else
            {
                var missing = new IpcException(IpcErrorKind.NotFound, $"There is no function '{name}' in this session. Define it first, or import its module in the process: -Module.", name);
                ThrowTerminatingError(IpcErrorRecord.From(missing, name));
            }
        }

        return texts;
    }

    /// <summary>A module that this session has loaded is imported from where it was loaded; a path is made absolute.</summary>
    private string ResolveModule(string module)
    {
        if (module.Contains('/', StringComparison.Ordinal) || module.Contains('\\', StringComparison.Ordinal))
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(module);
        }

        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        PSModuleInfo? loaded = session.AddCommand("Get-Module").AddParameter("Name", module).Invoke<PSModuleInfo>().FirstOrDefault();
        return loaded is null || loaded.Path is null || !Path.IsPathRooted(loaded.Path) ? module : ManifestOf(loaded);
    }

    private static string ManifestOf(PSModuleInfo module)
    {
        string manifest = Path.Combine(module.ModuleBase, module.Name + ".psd1");
        return File.Exists(manifest) ? manifest : module.Path;
    }
}
