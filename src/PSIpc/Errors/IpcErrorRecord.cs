using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>Turns the engine's exceptions into error records with the ids and categories that users rely on.</summary>
public static class IpcErrorRecord
{
    /// <summary>The error id of a kind: <c>Ipc</c> and its name.</summary>
    /// <param name="kind">What went wrong.</param>
    public static string IdOf(IpcErrorKind kind) => "Ipc" + kind;

    /// <summary>The kind of an error id; null where it is none of the engine's.</summary>
    internal static IpcErrorKind? KindOf(string id)
    {
        int end = id.IndexOf(',', StringComparison.Ordinal);
        ReadOnlySpan<char> name = end < 0 ? id : id.AsSpan(0, end);
        return name.StartsWith("Ipc", StringComparison.Ordinal) && Enum.TryParse(name[3..], out IpcErrorKind kind) && Enum.IsDefined(kind) && IdOf(kind).AsSpan().SequenceEqual(name) ? kind : null;
    }

    /// <summary>The category of a kind.</summary>
    /// <param name="kind">What went wrong.</param>
    public static ErrorCategory CategoryOf(IpcErrorKind kind) => kind switch
    {
        IpcErrorKind.Timeout or IpcErrorKind.TaskTimeout => ErrorCategory.OperationTimeout,
        IpcErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        IpcErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        IpcErrorKind.InvalidName or IpcErrorKind.InvalidDeclaration or IpcErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        IpcErrorKind.Closed => ErrorCategory.ResourceUnavailable,
        IpcErrorKind.MessageTooLarge or IpcErrorKind.OutOfMemory => ErrorCategory.LimitsExceeded,
        IpcErrorKind.Serialization or IpcErrorKind.CorruptData or IpcErrorKind.VersionMismatch => ErrorCategory.InvalidData,
        IpcErrorKind.TypeNotAllowed => ErrorCategory.SecurityError,
        IpcErrorKind.PeerGone => ErrorCategory.ConnectionError,
        IpcErrorKind.WorkerDied => ErrorCategory.OperationStopped,
        IpcErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        IpcErrorKind.AuthenticationFailed => ErrorCategory.AuthenticationError,
        IpcErrorKind.NotOwner or IpcErrorKind.NotSupported => ErrorCategory.InvalidOperation,
        IpcErrorKind.CallbackFailed => ErrorCategory.InvalidResult,
        _ => ErrorCategory.NotSpecified,
    };

    /// <summary>The error record for an exception.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="target">The object concerned; the exception's own object name if null.</param>
    public static ErrorRecord From(IpcException exception, object? target = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new ErrorRecord(exception, IdOf(exception.Kind), CategoryOf(exception.Kind), (target is string or Uri ? AddressPassword.Hide($"{target}") : target) ?? exception.ObjectName);
    }

    /// <summary>The error record for whatever a script, the engine or this module threw: the exception's own where it has one.</summary>
    /// <param name="exception">What was thrown.</param>
    internal static ErrorRecord Of(Exception exception) => exception switch
    {
        IpcException ipc => From(ipc),
        IContainsErrorRecord { ErrorRecord: { } own } => own,
        _ => new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, null),
    };
}
