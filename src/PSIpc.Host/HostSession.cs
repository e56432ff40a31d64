using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace PSIpc.Host;

/// <summary>A runspace with the module imported, and the pipeline that runs in it.</summary>
internal sealed class HostSession : IDisposable
{
    private const int FailureCode = 1;

    private readonly Runspace _runspace;
    private readonly ConsoleHost _host = new();
    private volatile PowerShell? _current;

    public HostSession(string modulePath)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        }

        state.ImportPSModule([modulePath]);
        state.ThrowOnRunspaceOpenError = true;
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        _host.ApplyTo(_runspace);
    }

    public ConsoleHost Host => _host;

    /// <summary>Whether a script called <c>exit</c>.</summary>
    public bool ShouldExit => _host.ExitCode is not null;

    /// <summary>Runs what the command line asked for; returns the exit code.</summary>
    public int Run(HostOptions options)
    {
        using var pipeline = PowerShell.Create();
        if (options.Action == HostAction.Script)
        {
            pipeline.AddCommand(options.Text, useLocalScope: false);
        }
        else
        {
            string text = options.Action == HostAction.StandardInput ? Console.In.ReadToEnd() : options.Text;
            pipeline.AddScript(text, useLocalScope: false);
        }

        ScriptArguments.AddTo(pipeline, options.Arguments);
        bool failed = !Invoke(pipeline);
        return _host.ExitCode ?? (failed ? FailureCode : 0);
    }

    /// <summary>Runs a line of the prompt.</summary>
    public void Run(string text)
    {
        using var pipeline = PowerShell.Create();
        Invoke(pipeline.AddScript(text, useLocalScope: false));
    }

    /// <summary>Runs a script and returns its output as text; empty when it fails.</summary>
    public string Evaluate(string text)
    {
        using var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        try
        {
            return string.Concat(pipeline.AddScript(text).Invoke<string>());
        }
        catch (RuntimeException)
        {
            return "";
        }
    }

    /// <summary>Stops the running pipeline, as Ctrl+C asks; false when none runs.</summary>
    public bool StopPipeline()
    {
        PowerShell? running = _current;
        running?.BeginStop(static _ => { }, null);
        return running is not null;
    }

    public void Dispose() => _runspace.Dispose();

    /// <summary>Runs a pipeline with its output and errors going to Out-Default; false when it ended by an error.</summary>
    private bool Invoke(PowerShell pipeline)
    {
        pipeline.Runspace = _runspace;
        pipeline.Commands.Commands[^1].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.AddCommand("Out-Default");
        _current = pipeline;
        try
        {
            pipeline.Invoke();
            return true;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException e)
        {
            Report(e.ErrorRecord);
            return false;
        }
        finally
        {
            _current = null;
        }
    }

    private void Report(ErrorRecord error)
    {
        using var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        pipeline.AddScript("$input | Out-Default").Invoke(new[] { AsWrittenError(error) });
    }

    /// <summary>Marks the record as an error, so that Out-Default writes it where errors go.</summary>
    private static PSObject AsWrittenError(ErrorRecord error)
    {
        var record = PSObject.AsPSObject(error);
        record.Properties.Add(new PSNoteProperty("writeErrorStream", true));
        return record;
    }
}
