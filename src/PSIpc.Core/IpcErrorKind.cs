namespace PSIpc.Core;

/// <summary>What went wrong, in the terms that users see: each value is an error id of the module without its <c>Ipc</c> prefix.</summary>
public enum IpcErrorKind
{
    /// <summary>The time that the caller allowed ran out.</summary>
    Timeout,

    /// <summary>No object of that kind has that name.</summary>
    NotFound,

    /// <summary>An object of that kind already has that name.</summary>
    AlreadyExists,

    /// <summary>The name is not 1 to 100 characters of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    InvalidName,

    /// <summary>The object is closed, removed or disposed.</summary>
    Closed,

    /// <summary>The message is larger than a channel can carry.</summary>
    MessageTooLarge,

    /// <summary>The shared memory folder is full, or an object has no room for one more process.</summary>
    OutOfMemory,

    /// <summary>The value cannot be written in the chosen format.</summary>
    Serialization,

    /// <summary>The bytes read are not what their format says.</summary>
    CorruptData,

    /// <summary>The data names a type that is not on the list of types that may be read.</summary>
    TypeNotAllowed,

    /// <summary>The process at the other end is gone.</summary>
    PeerGone,

    /// <summary>A child or worker process ended before its work did.</summary>
    WorkerDied,

    /// <summary>A task ran longer than its limit.</summary>
    TaskTimeout,

    /// <summary>The object belongs to another user.</summary>
    PermissionDenied,

    /// <summary>The peer does not know the key.</summary>
    AuthenticationFailed,

    /// <summary>The object was made by a version of PSIpc whose layout this one does not know.</summary>
    VersionMismatch,

    /// <summary>The lock is not held by the caller.</summary>
    NotOwner,

    /// <summary>The object is of a kind that cannot do what was asked for.</summary>
    NotSupported,

    /// <summary>The text is not a declaration of C types.</summary>
    InvalidDeclaration,

    /// <summary>The arguments of a native function do not fit its types, or its types cannot be passed.</summary>
    InvalidArgument,

    /// <summary>A script block that a native function called back failed.</summary>
    CallbackFailed,
}
