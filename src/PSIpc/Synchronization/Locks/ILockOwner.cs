namespace PSIpc;

/// <summary>An object with a lock of its own, which the cmdlets for locks take as if it were the lock.</summary>
public interface ILockOwner
{
    /// <summary>The lock. Who holds it can take it again.</summary>
    IpcLock Lock { get; }
}
