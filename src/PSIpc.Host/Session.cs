using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.PowerShell;
using PSIpc.Host.Commands;
using PSIpc.Host.Terminal;

namespace PSIpc.Host;

/// <summary>A runspace with the module imported, in which one pipeline runs at a time, its output shown as it comes.</summary>
internal sealed class Session : IDisposable
{
    // What WriteError does to a record before Out-Default gets it; the engine has no public way to say it.
    private static readonly Action<PSObject>? ErrorStreamMark = FindErrorStreamMark();

    private readonly Lock _gate = new();
    private readonly Runspace _runspace;
    private Pipeline? _running;
    private CancellationTokenSource _stopping = new();
    private bool _closed;

    public Session(bool nonInteractive)
    {
        UI = new ConsoleUserInterface(nonInteractive);
        Host = new ConsoleHost(UI);
        _runspace = RunspaceFactory.CreateRunspace(Host, InitialState());
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
    }

    public ConsoleUserInterface UI { get; }

    public ConsoleHost Host { get; }

    /// <summary>Opens the runspace and imports the module; false when the import failed, which has been shown.</summary>
    /// <param name="manifest">The module's manifest; null for none.</param>
    /// <param name="workingDirectory">The folder to start in; null for the present one.</param>
    public bool Open(string? manifest, string? workingDirectory)
    {
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        if (manifest is not null)
        {
            ModulePath.Include(manifest);
        }

        if (workingDirectory is not null)
        {
            _runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(Path.GetFullPath(workingDirectory)));
        }

        if (manifest is null)
        {
            return true;
        }

        var import = new Command("Import-Module");
        import.Parameters.Add("Name", manifest);
        import.Parameters.Add("ErrorAction", ActionPreference.Stop);
        return Run(import);
    }

    /// <summary>Runs a text in the global scope; see <see cref="Run(Command)"/>.</summary>
    public bool RunText(string text, IEnumerable<string> arguments)
    {
        var command = new Command(text, isScript: true, useLocalScope: false);
        ScriptArguments.AddTo(command, arguments);
        return Run(command);
    }

    /// <summary>Runs a script file, whose <c>exit</c> ends the session; see <see cref="Run(Command)"/>.</summary>
    public bool RunScript(string path, IEnumerable<string> arguments)
    {
        var command = new Command(path, isScript: false, useLocalScope: false);
        ScriptArguments.AddTo(command, arguments);
        ExitOfScriptFile.ReachesHost(_runspace);
        return Run(command);
    }

    /// <summary>Runs a command and shows its output and errors.</summary>
    /// <returns>Whether it ran to its end or to an <c>exit</c>; false when it threw, which has been shown, or was stopped.</returns>
    public bool Run(Command command)
    {
        using Pipeline pipeline = _runspace.CreatePipeline();
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(command);
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        return RunToEnd(pipeline);
    }

    /// <summary>Runs a text for what it gives, showing nothing; an error ends it silently.</summary>
    public IReadOnlyList<PSObject> Evaluate(string text, bool nested = false)
    {
        using Pipeline pipeline = nested ? _runspace.CreateNestedPipeline() : _runspace.CreatePipeline();
        pipeline.Commands.AddScript(text);
        try
        {
            return pipeline.Invoke();
        }
        catch (RuntimeException)
        {
            return [];
        }
    }

    /// <summary>Runs a text inside the pipeline that is running, as a nested prompt does.</summary>
    public void RunNested(string text)
    {
        using Pipeline pipeline = _runspace.CreateNestedPipeline(text, addToHistory: false);
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add("Out-Default");
        try
        {
            pipeline.Invoke();
        }
        catch (RuntimeException error) when (error is not PipelineStoppedException)
        {
            UI.WriteErrorLine(error.ErrorRecord.ToString());
        }
    }

    /// <summary>What may complete a line at the cursor.</summary>
    public (int Start, int Length, IReadOnlyList<string> Texts) Complete(string line, int cursor)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        CommandCompletion completion = CommandCompletion.CompleteInput(line, cursor, null, shell);
        return (completion.ReplacementIndex, completion.ReplacementLength, [.. completion.CompletionMatches.Select(match => match.CompletionText)]);
    }

    /// <summary>Begins to stop the running pipeline.</summary>
    /// <returns>Whether one was running.</returns>
    public bool Stop()
    {
        lock (_gate)
        {
            if (_running is null)
            {
                return false;
            }

            _running.StopAsync();
            _stopping.Cancel();
            return true;
        }
    }

    /// <summary>Lets no further pipeline run, and begins to stop the running one.</summary>
    public bool Close()
    {
        lock (_gate)
        {
            _closed = true;
            return Stop();
        }
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _stopping.Dispose();
    }

    // The full default state would load the assemblies of cmdlets that are not here.
    private static InitialSessionState InitialState()
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        }

        state.Commands.Add(new SessionStateCmdletEntry("Out-String", typeof(OutStringCommand), helpFileName: null));
        return state;
    }

    private bool RunToEnd(Pipeline pipeline)
    {
        if (!TryBegin(pipeline))
        {
            return false;
        }

        try
        {
            pipeline.Invoke();
            return pipeline.PipelineStateInfo.State == PipelineState.Completed;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException error)
        {
            Show(error);
            return false;
        }
        finally
        {
            lock (_gate)
            {
                _running = null;
            }

            UI.Output.ClearProgress();
        }
    }

    private bool TryBegin(Pipeline pipeline)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_stopping.IsCancellationRequested)
            {
                _stopping.Dispose();
                _stopping = new CancellationTokenSource();
            }

            UI.Input.Cancellation = _stopping.Token;
            _running = pipeline;
            return true;
        }
    }

    // Through Out-Default, so that it looks as any error does; the mark makes it go to the error stream.
    private void Show(RuntimeException error)
    {
        // The engine's view of this one is empty: its place is behind the text's end.
        if (error is IncompleteParseException)
        {
            UI.Output.WriteErrorLine($"ParserError: {error.Message}", PSStyle.Instance.Formatting.Error);
            return;
        }

        PSObject record = PSObject.AsPSObject(error.ErrorRecord);
        ErrorStreamMark?.Invoke(record);
        try
        {
            using Pipeline pipeline = _runspace.CreatePipeline();
            pipeline.Commands.Add("Out-Default");
            pipeline.Input.Write(record);
            pipeline.Input.Close();
            pipeline.Invoke();
        }
        catch (RuntimeException)
        {
            UI.WriteErrorLine(error.ErrorRecord.ToString());
        }
    }

    private static Action<PSObject>? FindErrorStreamMark()
    {
        PropertyInfo? stream = typeof(PSObject).GetProperty("WriteStream", BindingFlags.Instance | BindingFlags.NonPublic);
        return stream is { PropertyType.IsEnum: true } && Enum.TryParse(stream.PropertyType, "Error", out object? error)
            ? record => stream.SetValue(record, error)
            : null;
    }
}
