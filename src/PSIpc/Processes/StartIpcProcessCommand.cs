using System.Collections;
using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Starts a process that runs a script block, and returns at once with an object that is also a Job.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "IpcProcess", DefaultParameterSetName = ScriptBlockSet)]
[OutputType(typeof(IpcProcess))]
public sealed class StartIpcProcessCommand : SessionCmdlet
{
    private const string ScriptBlockSet = "ScriptBlock";
    private const string FilePathSet = "FilePath";

    /// <summary>The script block that the process runs. <c>$using:</c> takes values from this session.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScriptBlockSet)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>A script file that the process runs instead of a script block, as the call operator does: its parameters take <c>-ArgumentList</c>, <c>$PSScriptRoot</c> is its folder, and the code of its <c>exit</c> is the exit code. A relative path starts at the current folder of this session, not at <c>-WorkingDirectory</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = FilePathSet)]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = "";

    /// <summary>The arguments of the script block, by position.</summary>
    [Parameter(Position = 1)]
    [Alias("Args")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ArgumentList { get; set; }

    /// <summary>The arguments of the script block or script file by name: a table such as <c>@{ Path = $file; Force = $true }</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Parameters { get; set; }

    /// <summary>Its name, 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>; a short unique one is made when none is given.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>A script block that runs in the process before the script block, in its scope: functions, classes, settings. <c>$using:</c> takes values from this session.</summary>
    [Parameter]
    public ScriptBlock? InitializationScript { get; set; }

    /// <summary>The folder in which the process starts; by default the current folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Environment variables for the process, in addition to those of this session; $null removes a variable. PSIPC_DIRECTORY, PSIPC_MODULE and PSIPC_TREE connect the process with this session: the script block can set them, this parameter cannot (IpcInvalidArgument).</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <summary>Lets the process run on when this session ends, and when its terminal closes.</summary>
    [Parameter]
    public SwitchParameter Detached { get; set; }

    /// <summary>Starts the process.</summary>
    protected override void ProcessRecord()
    {
        Try(
            () =>
            {
                ExternalScriptInfo? file = ParameterSetName == FilePathSet ? FindFile() : null;
                ScriptBlock script = file?.ScriptBlock ?? ScriptBlock;
                Hashtable used = UsingValues.Collect(script, this);
                SessionRequest request = Request(PreparedNames.Of(InitializationScript), [.. ArgumentList ?? [], .. Parameters?.Values ?? Array.Empty<object>(), .. used.Values]);
                BlockHint.WriteInitialization(this, InitializationScript, request);
                if (file is null)
                {
                    BlockHint.Write(this, script, hasInput: false, ArgumentList, request);
                }

                var task = new ProcessTask
                {
                    Script = file is null ? ScriptSource.Of(script) : new ScriptSource(file.Path),
                    IsFile = file is not null,
                    Arguments = ArgumentList ?? [],
                    Parameters = Parameters is null ? [] : new Hashtable(Parameters, StringComparer.OrdinalIgnoreCase),
                    Using = used,
                    Setup = SessionSetup.From(this, InitializationScript, request, file is null ? script : null, allowsSecrets: true),
                    IsDetached = Detached,
                    Session = CallerSession.Of(this, withFolder: WorkingDirectory is null),
                };
                BagReport? bags = BagReport.For(this);
                var process = IpcProcess.Start(new IpcProcessStartInfo
                {
                    Name = Name is null ? IpcName.MakeUnique("process") : IpcName.Check(Name),
                    Task = task,
                    BagTypes = bags?.Types,
                    WorkingDirectory = WorkingDirectory is null
                        ? SessionState.Path.CurrentFileSystemLocation.ProviderPath
                        : SessionState.Path.GetUnresolvedProviderPathFromPSPath(WorkingDirectory),
                    Environment = Environment,
                    StopGracePeriod = PoolPreference.Of(this).StopGracePeriod ?? PoolPreference.DefaultGracePeriod,
                }, StopToken);
                process.AddTo(JobRepository);
                bags?.Write();
                WriteVerbose($"Started process {process.ProcessId} for '{process.Name}'.");
                WriteObject(process);
            },
            Name);
    }

    private ExternalScriptInfo FindFile()
    {
        string path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(FilePath);
        return !File.Exists(path)
            ? throw new IpcException(IpcErrorKind.NotFound, Messages.ScriptFileNotFound.With(path), path)
            : InvokeCommand.GetCommand(path, CommandTypes.ExternalScript) as ExternalScriptInfo
            ?? throw new IpcException(IpcErrorKind.InvalidArgument, Messages.ScriptFileInvalid.With(path), path);
    }
}
