using System.Management.Automation;

namespace PSIpc;

/// <summary>Which stream of a PowerShell pipeline a record is of. The numbers are the first byte of its message.</summary>
internal enum StreamKind : byte
{
    Output = 1,
    Error = 2,
    Warning = 3,
    Verbose = 4,
    Debug = 5,
    Information = 6,
    Progress = 7,

    /// <summary>The error that ended the script.</summary>
    Failure = 8,

    /// <summary>No stream: a detached child has all that it needs of its parent, which may end.</summary>
    Begun = 9,
}

/// <summary>One object of one stream, in the order in which they were written.</summary>
internal readonly record struct StreamRecord(StreamKind Stream, object? Value)
{
    /// <summary>Writes the record where a cmdlet's own would go.</summary>
    public void WriteTo(IpcCmdlet cmdlet)
    {
        switch (Stream)
        {
            case StreamKind.Error when IsNativeText:
                cmdlet.WriteNativeText(AsError());
                break;
            case StreamKind.Error or StreamKind.Failure:
                ErrorRecord error = AsError();
                if (error is ItemErrorRecord ofItem && cmdlet.ErrorPreference == ActionPreference.Stop)
                {
                    error = ofItem.ForCatch();
                }

                EngineErrorMembers.PreserveInvocationInfo(error);
                cmdlet.WriteError(error);
                break;
            case StreamKind.Warning:
                cmdlet.WriteWarning(AsText<WarningRecord>(r => r.Message));
                break;
            case StreamKind.Verbose:
                // The child had to be told to write it: by the caller's preference, or by -Verbose in the script.
                EngineStreams.WriteVerbose(cmdlet, AsText<VerboseRecord>(r => r.Message));
                break;
            case StreamKind.Debug:
                EngineStreams.WriteDebug(cmdlet, AsText<DebugRecord>(r => r.Message));
                break;
            case StreamKind.Information when Plain is InformationRecord information:
                cmdlet.WriteInformation(information);
                break;
            case StreamKind.Progress when Plain is ProgressRecord progress:
                cmdlet.WriteProgress(progress);
                break;
            default:
                cmdlet.WriteObject(Value, enumerateCollection: false);
                break;
        }
    }

    /// <summary>Whether it is a line that a native command wrote to its standard error, which PowerShell makes an error record of where there is no console.</summary>
    public bool IsNativeText => Plain is ErrorRecord { FullyQualifiedErrorId: { } id } && id.StartsWith("NativeCommandError", StringComparison.Ordinal);

    /// <summary>The record's object without its wrapper.</summary>
    public object? Plain => Value is PSObject wrapped ? wrapped.BaseObject : Value;

    /// <summary>The record as an error, whatever came.</summary>
    public ErrorRecord AsError() => Plain as ErrorRecord
        ?? new ErrorRecord(new RemoteException(Value?.ToString() ?? ""), "RemoteError", ErrorCategory.NotSpecified, Value);

    /// <summary>What the engine's record of a job has: the text of a message, else the object.</summary>
    public object? ForJob() => Stream switch
    {
        StreamKind.Error or StreamKind.Failure => AsError(),
        StreamKind.Warning => AsText<WarningRecord>(r => r.Message),
        StreamKind.Verbose => AsText<VerboseRecord>(r => r.Message),
        StreamKind.Debug => AsText<DebugRecord>(r => r.Message),
        StreamKind.Information when Plain is InformationRecord information => information,
        StreamKind.Progress when Plain is ProgressRecord progress => progress,
        _ => Value,
    };

    private string AsText<T>(Func<T, string> message)
        where T : class => Plain is T record ? message(record) : Value?.ToString() ?? "";
}
