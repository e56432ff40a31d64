using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSIpc.Tests;

/// <summary>A session with the module imported by its manifest, as a user's.</summary>
internal sealed class PowerShellSession : IDisposable
{
    /// <summary>No script of a test takes this long: one that does hangs.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private readonly Runspace _runspace;

    public PowerShellSession()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([TestPaths.Module]);
        state.ThrowOnRunspaceOpenError = true;
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    /// <summary>The errors of the last run.</summary>
    public IReadOnlyList<ErrorRecord> Errors { get; private set; } = [];

    /// <summary>Runs a script; its non-terminating errors are in <see cref="Errors"/>. One that hangs is stopped, and fails the test.</summary>
    public Collection<PSObject> Run(string script, params (string Name, object? Value)[] variables)
    {
        foreach ((string name, object? value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }

        using PowerShell pipeline = NewPipeline(script);
        Collection<PSObject> output;
        bool hangs = false;
        using (new Timer(_ => { hangs = true; pipeline.BeginStop(null, null); }, null, Longest, Timeout.InfiniteTimeSpan))
        {
            try
            {
                output = pipeline.Invoke();
            }
            catch (PipelineStoppedException) when (hangs)
            {
                throw new TimeoutException($"This does not end within {Longest.TotalMinutes} minutes: {script}");
            }
        }

        Errors = pipeline.Streams.Error.ToArray();
        return output;
    }

    /// <summary>Runs a script that must not write an error.</summary>
    public object?[] RunCleanly(string script, params (string Name, object? Value)[] variables)
    {
        Collection<PSObject> output = Run(script, variables);
        Assert.Empty(Errors);
        return output.Select(o => o?.BaseObject).ToArray();
    }

    /// <summary>Runs a script that must write one error; returns it.</summary>
    public ErrorRecord RunForError(string script, params (string Name, object? Value)[] variables)
    {
        Run(script, variables);
        return Assert.Single(Errors);
    }

    /// <summary>A pipeline to be started and stopped by the test.</summary>
    public PowerShell NewPipeline(string script)
    {
        PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        return pipeline.AddScript(script);
    }

    /// <summary>What Tab offers at the end of a text.</summary>
    public string[] Complete(string text)
    {
        using PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        return CommandCompletion.CompleteInput(text, text.Length, new Hashtable(), pipeline)
            .CompletionMatches.Select(m => m.CompletionText).ToArray();
    }

    public void Dispose() => _runspace.Dispose();
}
