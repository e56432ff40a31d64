using System.Management.Automation;

namespace PSIpc;

/// <summary>Which streams the caller of a cmdlet wants to see.</summary>
internal static class CallerStreams
{
    /// <summary>What the common parameters and preference variables say.</summary>
    public static StreamWishes Of(PSCmdlet caller) =>
        (WantsVerbose(caller) ? StreamWishes.Verbose : 0)
        | (IsWanted(caller, "Debug", "DebugPreference") ? StreamWishes.Debug : 0)
        | (caller.SessionState.PSVariable.GetValue("ProgressPreference") is ActionPreference.SilentlyContinue or ActionPreference.Ignore ? StreamWishes.NoProgress : 0);

    /// <summary>Whether verbose messages are wanted.</summary>
    public static bool WantsVerbose(PSCmdlet caller) => IsWanted(caller, "Verbose", "VerbosePreference");

    private static bool IsWanted(PSCmdlet caller, string parameter, string variable) =>
        caller.MyInvocation.BoundParameters.TryGetValue(parameter, out object? bound) && bound is SwitchParameter given
            ? given
            : caller.SessionState.PSVariable.GetValue(variable) is not (null or ActionPreference.SilentlyContinue or ActionPreference.Ignore);
}
