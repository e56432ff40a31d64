using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc;

/// <summary>Lets <c>exit</c> in a script file end the program. The host has this file too.</summary>
/// <remarks>
/// A script file that is called as a command keeps its <c>exit</c> to itself: only $LASTEXITCODE tells of it, which a native command sets too.
/// For <c>pwsh -File</c> the engine has a switch that hands the exit of the next script on to the host. It is internal, so it is found by
/// name, and tests run scripts that exit. Where an engine has none, the program's exit code is 0.
/// </remarks>
internal static class ExitOfScriptFile
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>Sets the switch for the next script that this runspace runs.</summary>
    public static void ReachesHost(Runspace runspace)
    {
        object? context = typeof(Runspace).GetProperty("ExecutionContext", Internal)?.GetValue(runspace);
        context?.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Internal)?.SetValue(context, true);
    }
}
