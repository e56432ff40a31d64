using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>An error that was read: the parts of an error record as plain data, of which the record is made.</summary>
internal sealed class RemoteError
{
    /// <summary>The exception's type and its base classes, as <see cref="RemoteExceptions.TypesOf"/> gives them; empty for no exception.</summary>
    public string ExceptionTypes { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>The inner exceptions, the outermost first: types and message.</summary>
    public IReadOnlyList<(string Types, string Message)> Inner { get; init; } = [];

    /// <summary>Whether a <c>throw</c> statement threw it.</summary>
    public bool WasThrown { get; init; }

    public string Id { get; init; } = "";

    public ErrorCategory Category { get; init; }

    public string? Activity { get; init; }

    public string? Reason { get; init; }

    public string? TargetName { get; init; }

    public string? TargetType { get; init; }

    public object? Target { get; init; }

    public string? Details { get; init; }

    public string? RecommendedAction { get; init; }

    public string? ScriptStackTrace { get; init; }

    public ErrorOrigin? Origin { get; init; }

    /// <summary>The error record. Where its exception can carry a record, it carries this one, so that a typed <c>catch</c> has it too.</summary>
    public ErrorRecord ToErrorRecord()
    {
        Exception? inner = null;
        foreach ((string types, string message) in Inner.Reverse())
        {
            inner = RemoteExceptions.Create(types, message, inner);
        }

        Exception exception = Create(inner);
        if (exception is not IContainsErrorRecord container)
        {
            return RecordOf(exception);
        }

        // As the engine does it: the record in an exception stands for the exception by another one, and a copy has it itself.
        ErrorRecord carried = RecordOf(new ParentContainsErrorRecordException(exception));
        if (!EngineErrorMembers.TryAttach(container, carried) && exception is not RemoteException)
        {
            exception = RemoteExceptions.CreateRemote(exception.Data[RemoteExceptions.TypeKey] as string ?? "", Message, inner);
            carried = RecordOf(new ParentContainsErrorRecordException(exception));
            EngineErrorMembers.TryAttach((IContainsErrorRecord)exception, carried);
        }

        return new ErrorRecord(carried, exception);
    }

    /// <summary>Sets the target of a record, and of the one that its exception carries.</summary>
    public static ErrorRecord WithTarget(ErrorRecord error, object? target)
    {
        if (!EngineErrorMembers.HasTarget)
        {
            return new ErrorRecord(error.Exception, error.FullyQualifiedErrorId, error.CategoryInfo.Category, target);
        }

        EngineErrorMembers.SetTarget(error, target);
        if (error.Exception is IContainsErrorRecord { ErrorRecord: { } carried })
        {
            EngineErrorMembers.SetTarget(carried, target);
        }

        return error;
    }

    private Exception Create(Exception? inner)
    {
        Exception exception = ExceptionTypes.StartsWith(typeof(IpcException).FullName!, StringComparison.Ordinal) && IpcErrorRecord.KindOf(Id) is { } kind
            ? new IpcException(kind, Message, Target as string, inner)
            : RemoteExceptions.Create(ExceptionTypes, Message, inner);
        if (exception is RuntimeException runtime)
        {
            runtime.WasThrownFromThrowStatement = WasThrown;
        }

        return exception;
    }

    private ErrorRecord RecordOf(Exception exception)
    {
        var error = new ErrorRecord(exception, Id, Category, Target);
        error.CategoryInfo.Activity = Activity;
        error.CategoryInfo.Reason = Reason;
        error.CategoryInfo.TargetName = TargetName;
        error.CategoryInfo.TargetType = TargetType;
        if (Details is not null)
        {
            error.ErrorDetails = new ErrorDetails(Details) { RecommendedAction = RecommendedAction };
        }

        EngineErrorMembers.SetFullId(error, Id);
        if (Origin?.ToInvocationInfo() is { } invocation)
        {
            EngineErrorMembers.SetInvocationInfo(error, invocation);
        }

        // Last: SetInvocationInfo sets one where there is none.
        EngineErrorMembers.SetStackTrace(error, ScriptStackTrace ?? "");
        return error;
    }
}
