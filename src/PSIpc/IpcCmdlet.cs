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

    /// <summary>
    /// Writes a verbose message of the module's own. Under <c>-Debug</c> it is a debug message: the engine would ask about a verbose one.
    /// </summary>
    /// <param name="text">The message.</param>
    internal new void WriteVerbose(string text)
    {
        if (IsSwitchedOn("Debug") && !MyInvocation.BoundParameters.ContainsKey("Verbose"))
        {
            WriteDebug(text);
        }
        else
        {
            base.WriteVerbose(text);
        }
    }

    /// <summary>Writes a warning, about which the engine does not ask under <c>-Debug</c>.</summary>
    /// <param name="text">The warning.</param>
    internal new void WriteWarning(string text) => EngineStreams.WriteWarning(this, text);

    /// <summary>Asks whether to do it, or says so, without the password of an address.</summary>
    /// <param name="target">To what.</param>
    /// <param name="action">What to do.</param>
    internal new bool ShouldProcess(string target, string action) => base.ShouldProcess(AddressPassword.Hide(target), action);

    /// <summary>What an error of this cmdlet does: by -ErrorAction, else by the preference variable; null where it is none of the known ones.</summary>
    internal ActionPreference? ErrorPreference =>
        LanguagePrimitives.TryConvertTo(
            MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? given) ? given : GetVariableValue("ErrorActionPreference"), out ActionPreference preference)
            ? preference
            : null;

    /// <summary>Writes what a native command in another process wrote to its standard error: an error, but none that <c>Stop</c> stops for.</summary>
    /// <param name="line">The line.</param>
    internal void WriteNativeText(ErrorRecord line)
    {
        if (ErrorPreference is ActionPreference.SilentlyContinue or ActionPreference.Ignore or ActionPreference.Continue)
        {
            WriteError(line);
        }
        else
        {
            EngineStreams.WriteNonTerminating(this, line);
        }
    }

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

    /// <summary>Ends the cmdlet with an error of another process, whose command and position are those of the other process.</summary>
    private protected void ThrowRemoteError(ErrorRecord error)
    {
        error = (error as ItemErrorRecord)?.ForCatch() ?? error;
        InvocationInfo? origin = error.InvocationInfo;
        try
        {
            ThrowTerminatingError(error);
        }
        finally
        {
            if (origin is not null)
            {
                EngineErrorMembers.SetInvocationInfo(error, origin); // ThrowTerminatingError has set this cmdlet's.
            }
        }
    }

    /// <summary>With <c>-Debug</c>, begins to note what the engine does.</summary>
    private protected void ListenForSteps()
    {
        if (!_hasLooked)
        {
            _hasLooked = true;
            bool isOn = MyInvocation.BoundParameters.ContainsKey("Debug")
                ? IsSwitchedOn("Debug")
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

    private bool IsSwitchedOn(string parameter) =>
        MyInvocation.BoundParameters.TryGetValue(parameter, out object? given) && given is SwitchParameter { IsPresent: true };

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
