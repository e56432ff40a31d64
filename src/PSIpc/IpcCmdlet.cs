using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What all cmdlets share: errors by their ids, and an end to every wait when the pipeline stops.</summary>
public abstract class IpcCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private EngineSteps? _steps;
    private bool _hasLooked;

    /// <summary>Set when the pipeline stops: Ctrl+C, <c>Select-Object -First</c>, a stopped job.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends waits in progress.</summary>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Does the work of one object, turning the engine's exceptions into non-terminating errors.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="target">The object that an error is about.</param>
    /// <returns>Whether it was done without an error.</returns>
    protected bool Try(Action work, object? target = null)
    {
        try
        {
            ListenForSteps();
            work();
            WriteSteps();
            return true;
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (IpcException e)
        {
            WriteSteps();
            WriteError(IpcErrorRecord.From(e, target));
            return false;
        }
    }

    /// <summary>With <c>-Debug</c>, begins to note what the engine does.</summary>
    private protected void ListenForSteps()
    {
        if (!_hasLooked)
        {
            _hasLooked = true;
            bool isOn = MyInvocation.BoundParameters.TryGetValue("Debug", out object? given)
                ? given is SwitchParameter { IsPresent: true }
                : GetVariableValue("DebugPreference") is not (null or ActionPreference.SilentlyContinue or ActionPreference.Ignore);
            _steps = isOn ? new EngineSteps() : null;
        }
    }

    /// <summary>Writes what the engine has done since the last time as debug messages.</summary>
    private protected void WriteSteps()
    {
        while (_steps is not null && _steps.TryTake(out string step))
        {
            WriteDebug(step);
        }
    }

    /// <summary>Writes an object that the cmdlet made or opened, which the session holds from now on; one without a name only while it is in use.</summary>
    private protected void WriteMade<T>(T made, string what = "Made")
        where T : class, IIpcObject
    {
        WriteVerbose($"{what} {made.Kind.ToString().ToLowerInvariant()} '{made.ShownName}' in {made.Reference.Directory}.");
        bool isNamed = MyInvocation.BoundParameters.TryGetValue("Name", out object? name) && name is not null;
        WriteObject(isNamed ? OpenObjects.Hold(made) : OpenObjects.HoldWeakly(made), enumerateCollection: false);
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
            _steps?.Dispose();
        }
    }
}
