using System.Management.Automation;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// Writes to a cmdlet's streams what has been through the preferences of another session already. A cmdlet's public methods apply the caller's preferences again,
/// and ask "Continue with this operation?" under <c>-Debug</c>. All by members of <c>MshCommandRuntime</c> that Receive-Job and ForEach-Object -Parallel use and that
/// are not public, checked on PowerShell 7.4 to 7.6; where the engine lacks one, the public method is called.
/// </summary>
internal static class EngineStreams
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly Type? Runtime = typeof(Cmdlet).Assembly.GetType("System.Management.Automation.MshCommandRuntime");

    // What the engine notes after "Yes to All": each message is written whatever the preference, and none is asked about. There is no public way to say so.
    private static readonly FieldInfo? VerboseAnswer = Runtime?.GetField("lastVerboseContinueStatus", Internal);
    private static readonly FieldInfo? DebugAnswer = Runtime?.GetField("lastDebugContinueStatus", Internal);
    private static readonly object? YesToAll = VerboseAnswer is not null && Enum.TryParse(VerboseAnswer.FieldType, "YesToAll", out object? value) ? value : null;

    // WriteWarning(record, overrideInquire): asks about none. The public one asks under -Debug.
    private static readonly MethodInfo? WriteWarningUnasked = Runtime?.GetMethod("WriteWarning", Internal, [typeof(WarningRecord), typeof(bool)]);

    // _WriteErrorSkipAllowCheck(record, preference, isFromNativeStdError): takes the preference to apply. WriteError always applies the caller's.
    private static readonly MethodInfo? WriteErrorBy =
        Runtime?.GetMethod("_WriteErrorSkipAllowCheck", Internal, [typeof(ErrorRecord), typeof(ActionPreference?), typeof(bool)]);

    // LocalPipeline.GetExecutionContextFromTLS().CurrentCommandProcessor.CommandRuntime.InformationPreference: what applies to the command that is writing.
    private static readonly MethodInfo? CurrentContext = typeof(Cmdlet).Assembly.GetType("System.Management.Automation.Runspaces.LocalPipeline")
        ?.GetMethod("GetExecutionContextFromTLS", BindingFlags.Static | BindingFlags.NonPublic, Type.EmptyTypes);
    private static readonly PropertyInfo? CurrentProcessor = CurrentContext?.ReturnType.GetProperty("CurrentCommandProcessor", Internal);
    private static readonly PropertyInfo? RuntimeOfProcessor = CurrentProcessor?.PropertyType.GetProperty("CommandRuntime", Internal);
    private static readonly PropertyInfo? InformationPreference = Runtime?.GetProperty("InformationPreference", Internal);

    /// <summary>
    /// Marks an information record that is shown where it is written, by <c>-InformationAction Continue</c> or its variable, as Write-Host's are, so that it is
    /// shown where it arrives. To be called while it is written.
    /// </summary>
    public static void NoteIfShown(object? record)
    {
        if (record is InformationRecord { MessageData: not HostInformationMessage } information && InformationPreferenceOfCommand() is ActionPreference.Continue)
        {
            information.Tags.Add("PSHOST");
        }
    }

    /// <summary>Writes a verbose message, whatever the preference.</summary>
    public static void WriteVerbose(Cmdlet cmdlet, string text) => WriteAnswered(cmdlet, VerboseAnswer, cmdlet.WriteVerbose, text);

    /// <summary>Writes a debug message, whatever the preference.</summary>
    public static void WriteDebug(Cmdlet cmdlet, string text) => WriteAnswered(cmdlet, DebugAnswer, cmdlet.WriteDebug, text);

    /// <summary>Writes a warning as the preference says, but without a question.</summary>
    public static void WriteWarning(Cmdlet cmdlet, string text)
    {
        if (WriteWarningUnasked is null || !Runtime!.IsInstanceOfType(cmdlet.CommandRuntime))
        {
            cmdlet.WriteWarning(text);
            return;
        }

        WriteWarningUnasked.Invoke(cmdlet.CommandRuntime, BindingFlags.DoNotWrapExceptions, null, [new WarningRecord(text), true], null);
    }

    /// <summary>Writes an error that ends nothing, though the preference be <c>Stop</c>.</summary>
    public static void WriteNonTerminating(Cmdlet cmdlet, ErrorRecord error)
    {
        if (WriteErrorBy is null || !Runtime!.IsInstanceOfType(cmdlet.CommandRuntime))
        {
            cmdlet.WriteError(error);
            return;
        }

        WriteErrorBy.Invoke(cmdlet.CommandRuntime, BindingFlags.DoNotWrapExceptions, null, [error, ActionPreference.Continue, false], null);
    }

    private static void WriteAnswered(Cmdlet cmdlet, FieldInfo? answer, Action<string> write, string text)
    {
        if (answer is null || YesToAll is null || !Runtime!.IsInstanceOfType(cmdlet.CommandRuntime))
        {
            write(text);
            return;
        }

        object? before = answer.GetValue(cmdlet.CommandRuntime);
        answer.SetValue(cmdlet.CommandRuntime, YesToAll);
        try
        {
            write(text);
        }
        finally
        {
            answer.SetValue(cmdlet.CommandRuntime, before);
        }
    }

    private static object? InformationPreferenceOfCommand()
    {
        object? context = CurrentContext?.Invoke(null, null);
        object? processor = context is null ? null : CurrentProcessor?.GetValue(context);
        object? runtime = processor is null ? null : RuntimeOfProcessor?.GetValue(processor);
        return runtime is null ? null : InformationPreference?.GetValue(runtime);
    }
}
