namespace PSIpc.Core;

/// <summary>The one exception of the engine: what went wrong, with which object.</summary>
public class IpcException : Exception
{
    /// <summary>Creates an exception of one kind about one object.</summary>
    /// <param name="kind">What went wrong.</param>
    /// <param name="message">What happened to which object, why, and what to do about it.</param>
    /// <param name="objectName">The name of the object, process or file concerned.</param>
    /// <param name="innerException">The cause, if another exception was it.</param>
    public IpcException(IpcErrorKind kind, string message, string? objectName = null, Exception? innerException = null)
        : base(AddressPassword.Hide(message), innerException)
    {
        Kind = kind;
        ObjectName = AddressPassword.Hide(objectName);
    }

    /// <summary>What went wrong.</summary>
    public IpcErrorKind Kind { get; }

    /// <summary>The name of the object, process or file concerned, where there is one.</summary>
    public string? ObjectName { get; }
}
